//! x
use crate::digest::Digest;
use crate::figures::Figure;
use maud::{Markup, html};
pub(crate) fn render(_digest: &Digest<'_>, _figures: &[Figure]) -> Markup {
    html! {}
}
