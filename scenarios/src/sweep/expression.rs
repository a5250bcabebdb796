//! Conditions, such as `width <= 4 or split != 'stem'`: from their text to a tree, and from a tree to its value.
//!
//! ```text
//! or  <  and  <  not  <  == != < <= > >=  <  + -  <  * /  <  -number, (...), 1.5, 'text', true, false, name
//! ```
//!
//! The parser is written by hand (operator precedence), because each mistake needs its position and a word on what to write.

use crate::diagnostic::{Mistake, excerpt};
use std::ops::Range;

/// Levels of brackets, `not` and `-` in one another.
const MAX_DEPTH: usize = 64;

/// A condition or a part of it, with its position in the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    pub(super) node: Node,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Plain(Term),
    Name(String),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Binary(Operator, Box<[Expression; 2]>),
}

/// A value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    Number(f64),
    Text(String),
    Flag(bool),
}

/// Kind of the values of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Flag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Plus,
    Minus,
    Times,
    Over,
}

impl Operator {
    const ALL: [(&'static str, Self); 12] = [
        ("or", Self::Or),
        ("and", Self::And),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        ("<=", Self::AtMost),
        ("<", Self::Less),
        (">=", Self::AtLeast),
        (">", Self::Greater),
        ("+", Self::Plus),
        ("-", Self::Minus),
        ("*", Self::Times),
        ("/", Self::Over),
    ];

    fn text(self) -> &'static str {
        Self::ALL.iter().find(|(_, operator)| *operator == self).map_or("", |(text, _)| text)
    }

    /// The higher, the earlier it is applied.
    fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Plus | Self::Minus => 5,
            Self::Times | Self::Over => 6,
            _ => COMPARISON,
        }
    }
}

/// Precedence of `not`.
const NOT: u8 = 3;
/// Precedence of all comparisons.
const COMPARISON: u8 = 4;
/// Precedence of the sign of a number.
const SIGN: u8 = 7;

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "text",
            Self::Flag => "true or false",
        }
    }
}

impl Term {
    fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::Flag(_) => Kind::Flag,
        }
    }
}

/// Parses a condition. Positions are those in `text`.
///
/// # Errors
/// The first place that is no condition.
pub(super) fn parse(text: &str) -> Result<Expression, Mistake> {
    let mut parser = Parser { text, place: 0, depth: 0 };
    let expression = parser.expression(0)?;
    parser.skip_spaces();
    match parser.rest().is_empty() {
        true => Ok(expression),
        false => Err(parser.unexpected("`and`, `or` or the end of the condition")),
    }
}

impl Expression {
    /// Kind of its value, `names` giving that of each name.
    ///
    /// # Errors
    /// The first operator that does not take what stands beside it; those of `names`.
    pub(super) fn check(&self, names: &impl Fn(&str, &Range<usize>) -> Result<Kind, Mistake>) -> Result<Kind, Mistake> {
        match &self.node {
            Node::Plain(term) => Ok(term.kind()),
            Node::Name(name) => names(name, &self.span),
            Node::Not(inner) => inner.expect(Kind::Flag, "not", names),
            Node::Negative(inner) => inner.expect(Kind::Number, "-", names),
            Node::Binary(operator, sides) => {
                let [left, right] = &**sides;
                let kind = match operator {
                    Operator::Or | Operator::And => Kind::Flag,
                    Operator::Equal | Operator::Unequal => left.check(names)?,
                    _ => Kind::Number,
                };
                left.expect(kind, operator.text(), names)?;
                right.expect(kind, operator.text(), names)?;
                Ok(if operator.precedence() <= COMPARISON { Kind::Flag } else { Kind::Number })
            }
        }
    }

    fn expect(
        &self,
        needed: Kind,
        operator: &str,
        names: &impl Fn(&str, &Range<usize>) -> Result<Kind, Mistake>,
    ) -> Result<Kind, Mistake> {
        let kind = self.check(names)?;
        if kind == needed {
            return Ok(kind);
        }
        let message = format!("this is {}, but `{operator}` needs {} here", kind.name(), needed.name());
        Err(Mistake::at_span(self.span.clone(), message))
    }

    /// Its value, `names` giving that of each name; the expression has passed [`Expression::check`].
    ///
    /// # Errors
    /// A number that is not finite; those of `names`. What decides nothing is not evaluated: of `or`, what follows true, of
    /// `and`, what follows false.
    pub(super) fn value(&self, names: &impl Fn(&str, &Range<usize>) -> Result<Term, Mistake>) -> Result<Term, Mistake> {
        let value = match &self.node {
            Node::Plain(term) => term.clone(),
            Node::Name(name) => names(name, &self.span)?,
            Node::Not(inner) => Term::Flag(inner.value(names)? == Term::Flag(false)),
            Node::Negative(inner) => match inner.value(names)? {
                Term::Number(number) => Term::Number(-number),
                other => other,
            },
            Node::Binary(operator, sides) => {
                let [left, right] = &**sides;
                match (operator, left.value(names)?) {
                    (Operator::Or, Term::Flag(true)) | (Operator::And, Term::Flag(false)) => {
                        Term::Flag(*operator == Operator::Or)
                    }
                    (Operator::Or | Operator::And, _) => right.value(names)?,
                    (_, left) => combined(*operator, &left, &right.value(names)?),
                }
            }
        };
        match value {
            Term::Number(number) if !number.is_finite() => {
                Err(Mistake::at_span(self.span.clone(), "this is no number: it divides by zero, or is too large"))
            }
            value => Ok(value),
        }
    }
}

/// The value of an operator, other than `or` and `and`, between two values.
fn combined(operator: Operator, left: &Term, right: &Term) -> Term {
    let numbers = match (left, right) {
        (Term::Number(left), Term::Number(right)) => Some((*left, *right)),
        _ => None,
    };
    let (a, b) = numbers.unwrap_or_default();
    match operator {
        Operator::Equal => Term::Flag(left == right),
        Operator::Unequal => Term::Flag(left != right),
        Operator::Less => Term::Flag(a < b),
        Operator::AtMost => Term::Flag(a <= b),
        Operator::Greater => Term::Flag(a > b),
        Operator::AtLeast => Term::Flag(a >= b),
        Operator::Plus => Term::Number(a + b),
        Operator::Minus => Term::Number(a - b),
        Operator::Times => Term::Number(a * b),
        Operator::Over => Term::Number(a / b),
        Operator::Or | Operator::And => right.clone(),
    }
}

struct Parser<'t> {
    text: &'t str,
    place: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.place..]
    }

    fn skip_spaces(&mut self) {
        self.place = self.text.len() - self.rest().trim_start().len();
    }

    /// A part of the condition whose operators all have a higher precedence than `above`.
    fn expression(&mut self, above: u8) -> Result<Expression, Mistake> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Mistake::at_span(self.place..self.place, "this condition is nested too deep")
                .help(format!("write it with at most {MAX_DEPTH} levels of brackets")));
        }
        let mut left = self.operand()?;
        while let Some((operator, end)) = self.operator().filter(|(operator, _)| operator.precedence() > above) {
            self.place = end;
            let right = self.expression(operator.precedence())?;
            if operator.precedence() == COMPARISON {
                self.refuse_chain()?;
            }
            let span = left.span.start..right.span.end;
            left = Expression { node: Node::Binary(operator, Box::new([left, right])), span };
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator at this place and its end.
    fn operator(&mut self) -> Option<(Operator, usize)> {
        self.skip_spaces();
        let word = self.word();
        let is_here = |text: &str| if word.is_empty() { self.rest().starts_with(text) } else { word == text };
        let (text, operator) = Operator::ALL.into_iter().find(|(text, _)| is_here(text))?;
        Some((operator, self.place + text.len()))
    }

    /// A comparison of a comparison would compare true or false.
    fn refuse_chain(&mut self) -> Result<(), Mistake> {
        let next = self.operator().filter(|(operator, _)| operator.precedence() == COMPARISON);
        next.map_or(Ok(()), |(_, end)| {
            Err(Mistake::at_span(self.place..end, "a comparison has two sides only")
                .help("join two comparisons with `and`: 1 < width and width < 8"))
        })
    }

    fn operand(&mut self) -> Result<Expression, Mistake> {
        self.skip_spaces();
        let start = self.place;
        let rest = self.rest();
        let word = self.word();
        let node = match rest.chars().next() {
            Some('(') => {
                self.place += 1;
                let inner = self.expression(0)?;
                self.skip_spaces();
                if !self.rest().starts_with(')') {
                    return Err(self.unexpected("`)`"));
                }
                self.place += 1;
                inner.node
            }
            Some('-') => {
                self.place += 1;
                Node::Negative(Box::new(self.expression(SIGN)?))
            }
            Some(quote @ ('\'' | '"')) => {
                let Some(end) = rest[1..].find(quote) else {
                    let message = "this text has no end";
                    return Err(Mistake::at_span(start..self.text.len(), message).help("close the quotation marks"));
                };
                self.place += end + 2;
                Node::Plain(Term::Text(rest[1..=end].into()))
            }
            Some(digit) if digit.is_ascii_digit() || digit == '.' => Node::Plain(Term::Number(self.number()?)),
            _ if word == "not" => {
                self.place += word.len();
                Node::Not(Box::new(self.expression(NOT)?))
            }
            _ if word.is_empty() || word == "and" || word == "or" => {
                return Err(self.unexpected("a key, a number or a 'text'"));
            }
            _ => {
                self.place += word.len();
                match word {
                    "true" | "false" => Node::Plain(Term::Flag(word == "true")),
                    _ => Node::Name(word.into()),
                }
            }
        };
        Ok(Expression { node, span: start..self.place })
    }

    /// The name or word at this place; empty if there is none.
    fn word(&self) -> &'t str {
        let rest = self.rest();
        let is_start = |c: char| c.is_alphabetic() || c == '_';
        let is_part = |c: char| is_start(c) || c.is_numeric() || c == '.';
        match rest.starts_with(is_start) {
            true => &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())],
            false => "",
        }
    }

    fn number(&mut self) -> Result<f64, Mistake> {
        let rest = self.rest();
        let is_exponent_sign = |place: usize| place > 0 && matches!(rest.as_bytes()[place - 1], b'e' | b'E');
        let is_part = |(place, c): (usize, char)| {
            c.is_alphanumeric() || c == '.' || c == '_' || (matches!(c, '+' | '-') && is_exponent_sign(place))
        };
        let end = rest.char_indices().find(|&at| !is_part(at)).map_or(rest.len(), |(place, _)| place);
        let start = self.place;
        self.place += end;
        let number = rest[..end].replace('_', "").parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| {
            Mistake::at_span(start..start + end, format!("`{}` is no number", excerpt(&rest[..end])))
                .help("write it as 100, 0.5 or 1e-3; units are in the names of the keys")
        })
    }

    /// The mistake that something else than `wanted` stands at this place.
    fn unexpected(&self, wanted: &str) -> Mistake {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Mistake::at_span(
                self.place..self.place,
                format!("here the condition ends, but {wanted} must follow"),
            );
        };
        let meant = [("&&", "and"), ("||", "or"), ("!", "not"), ("=", "==")];
        let meant = meant.into_iter().find(|(text, _)| rest.starts_with(text));
        let word = self.word();
        let found = match meant {
            Some((text, _)) => text.into(),
            None if word.is_empty() => first.to_string(),
            None => word.into(),
        };
        let span = self.place..self.place + found.len();
        let mistake = Mistake::at_span(span, format!("here stands `{}`, but {wanted} must follow", excerpt(&found)));
        match meant {
            Some((text, right)) => mistake.help(format!("write `{right}` in the place of `{text}`")),
            None => mistake,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_true(text: &str) -> bool {
        let names = |name: &str, _: &Range<usize>| {
            Ok(match name {
                "width" => Term::Number(4.0),
                "network.split" => Term::Text("stem".into()),
                _ => Term::Flag(true),
            })
        };
        let expression = parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
        let kinds = |name: &str, span: &Range<usize>| names(name, span).map(|term| term.kind());
        assert_eq!(expression.check(&kinds), Ok(Kind::Flag), "{text}");
        expression.value(&names) == Ok(Term::Flag(true))
    }

    /// What Python says of the same texts, but that it has no dots in names.
    #[test]
    fn operators_have_the_precedence_that_they_have_in_python() {
        for text in [
            "width <= 4 or network.split != 'stem'",
            "true or false and false",
            "not false and not (true and false)",
            "not width == 5",
            "1 + 2 * 3 == 7 and (1 + 2) * 3 == 9",
            "8 / 4 / 2 == 1 and 8 - 4 - 2 == 2",
            "-2 * -3 == 6 and - 2 + 3 == 1 and --1 == 1",
            "2 * width > 7 and 2*width<9",
            "network.split == \"stem\" and stream",
            "1e-3 == 0.001 and 1_000 == 1E3 and .5 == 0.5",
            "width == 4 or 1 / 0 == 1",
            "not (width < 4 or 1 / 1 != 1)",
        ] {
            assert!(is_true(text), "{text}");
            assert!(!is_true(&format!("not ({text})")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_condition_makes_the_parser_panic(text in "[a-z0-9.'\"()<>=!&|+*/ é-]{0,30}") {
            if let Ok(expression) = parse(&text) {
                let names = |name: &str, span: &Range<usize>| match name.len() % 2 {
                    0 => Ok(Term::Number(1.0)),
                    _ => Err(Mistake::at_span(span.clone(), "unknown")),
                };
                let kinds = |name: &str, span: &Range<usize>| names(name, span).map(|term| term.kind());
                if expression.check(&kinds).is_ok() {
                    prop_assert!(expression.value(&names).is_ok_and(|term| kinds_agree(&expression, &term)) || text.contains('/'));
                }
            }
        }
    }

    fn kinds_agree(expression: &Expression, term: &Term) -> bool {
        expression.check(&|_, _| Ok(Kind::Number)) == Ok(term.kind())
    }
}
