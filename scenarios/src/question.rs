//! The question of a scenario that has no key for it.

/// The first comment of `text` up to its last question mark, as one line; `None` if it asks nothing.
pub(crate) fn in_comment(text: &str) -> Option<String> {
    let lines = text.lines().skip_while(|line| line.trim().is_empty());
    let comment = lines.map_while(|line| line.trim().strip_prefix('#')).map(str::trim);
    let words: Vec<&str> = comment.take_while(|line| !line.is_empty()).collect();
    let words = words.join(" ");
    Some(words[..=words.rfind('?')?].to_owned())
}

#[cfg(test)]
mod tests {
    use super::in_comment;

    #[test]
    fn the_first_comment_is_read_up_to_its_last_question_mark() {
        let text = "\n# How many\n#  cameras? And why? 250 to\n# 2,000.\n#\n# What else?\n[study]\n# More?\n";
        assert_eq!(in_comment(text).as_deref(), Some("How many cameras? And why?"));
        for none in ["", "# It says nothing.\n[study]", "[study]\n# Is it late?", "#\n# After a blank?"] {
            assert_eq!(in_comment(none), None, "{none}");
        }
    }
}
