//! Words that sentences share.

/// Most names in a row, and most letters of more than two of them.
const MOST_NAMES: usize = 4;
const MOST_LETTERS: usize = 90;

/// Words in a row: `a`, `a and b`, `a, b and c`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Whether names in a row can be read at a glance.
pub(super) fn are_few(names: &[String]) -> bool {
    let letters: usize = names.iter().map(|name| name.chars().count()).sum();
    names.len() <= 2 || (names.len() <= MOST_NAMES && letters <= MOST_LETTERS)
}

/// Names in a row, or of many the first, with the number of the others.
pub(super) fn listed_or_counted(names: &[String]) -> String {
    match names {
        [first, rest @ ..] if !are_few(names) => format!("{first} and {} others", rest.len()),
        _ => listed(names),
    }
}

/// Who leads, or is level, of `all` that are compared: of many that are level, what all of them have in common.
pub(super) fn leaders(names: &[String], all: usize) -> String {
    match names {
        [leader] => format!("{leader} leads"),
        few if are_few(few) => format!("{} are level", listed(few)),
        level if level.len() == all => format!("all {all} are level"),
        level => match shared(level) {
            words if words.is_empty() => format!("{} of {all} are level", level.len()),
            words => format!("{} of {all}, all with {words}, are level", level.len()),
        },
    }
}

/// The words that all names have.
fn shared(names: &[String]) -> String {
    let has = |name: &String, word: &str| name.split(' ').any(|own| own == word);
    let words = names.first().into_iter().flat_map(|name| name.split(' '));
    words.filter(|word| names.iter().all(|name| has(name, word))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_told_by_what_they_share() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(leaders(&names(&["a"]), 3), "a leads");
        assert_eq!(leaders(&names(&["a", "b", "c"]), 3), "a, b and c are level");
        assert_eq!(leaders(&names(&["a", "b", "c", "d", "e"]), 5), "all 5 are level");
        assert_eq!(leaders(&names(&["a x", "b x", "c x", "d x", "e x"]), 8), "5 of 8, all with x, are level");
        assert_eq!(leaders(&names(&["a", "b", "c", "d", "e"]), 8), "5 of 8 are level");
        let long = names(&["one", "two", "three"]).iter().map(|name| name.repeat(10)).collect::<Vec<_>>();
        assert!(!are_few(&long) && are_few(&long[..2]), "{}", listed_or_counted(&long));
        assert_eq!(listed_or_counted(&long), format!("{} and 2 others", long[0]));
        assert_eq!(listed_or_counted(&long[1..]), format!("{} and {}", long[1], long[2]));
    }
}
