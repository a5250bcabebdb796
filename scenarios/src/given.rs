//! What a user gives beside a scenario file.

use std::ops::Range;

/// Values that replace those of the scenario, and the design points to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Values in the place of the scenario's, each as `KEY=VALUE`: a dotted key, and a value of TOML, of which texts need no
    /// quotation marks. A value that the scenario leaves out is supplied; of a key that is swept, all listed values are replaced by
    /// this one.
    pub settings: Vec<String>,
    /// Numbers of the design points to keep, counted from 0 in the order of the whole study; all of them if there is no range.
    pub points: Vec<Range<usize>>,
}

impl Given {
    /// Whether the design point `number` is kept.
    pub(crate) fn selects(&self, number: usize) -> bool {
        self.points.is_empty() || self.points.iter().any(|range| range.contains(&number))
    }

    /// Numbers of the design points that are kept, `bases` being the numbers that are selected by.
    pub(crate) fn selected_of(&self, bases: impl Iterator<Item = usize>) -> impl Iterator<Item = usize> {
        bases.enumerate().filter(|(_, base)| self.selects(*base)).map(|(number, _)| number)
    }

    /// A number that is selected although there are `count` design points only.
    pub(crate) fn beyond(&self, count: usize) -> Option<usize> {
        self.points.iter().find(|range| range.end > count).map(|range| range.start.max(count))
    }

    /// The selected numbers, ascending and each once, as numbers and ranges `FROM..TO`.
    pub(crate) fn selected(&self) -> Vec<String> {
        let mut ranges = self.points.clone();
        ranges.sort_by_key(|range| range.start);
        let mut joined: Vec<Range<usize>> = vec![];
        for range in ranges {
            match joined.last_mut().filter(|last| range.start <= last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => joined.push(range),
            }
        }
        let text = |Range { start, end }: Range<usize>| {
            if end - start == 1 { start.to_string() } else { format!("{start}..{end}") }
        };
        joined.into_iter().map(text).collect()
    }
}
