//! `sample`: some combinations of a grid in the place of all, spread over ranges and lists.
//!
//! Each key, or zip of keys, is one dimension of a unit cube, in which points are drawn.

use super::range::read_count;
use crate::diagnostic::{Mistake, did_you_mean, excerpt};
use crate::shape::{found, in_order};
use cospike_sim_core::kernel::Streams;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use sobol::Sobol; // the sequence with the direction numbers of Joe and Kuo
use sobol::params::JoeKuoD6;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys of `sample`.
const KEYS: [&str; 3] = ["method", "count", "seed"];
/// Words of `method`.
pub(crate) const METHODS: [&str; 3] = ["random", "latin-hypercube", "sobol"];
/// Purpose of the random streams.
const PURPOSE: &str = "sample of a sweep: ";

/// Points to draw.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    method: Method,
    pub(super) count: usize,
    /// Position of `sample`.
    span: Range<usize>,
}

/// Way to spread points over the unit cube.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// Independent uniform points.
    Random { seed: u64 },
    /// In each dimension one point in each of `count` strata, at a random place in it.
    LatinHypercube { seed: u64 },
    /// The first points of the Sobol sequence, from its origin on.
    Sobol,
}

impl Sample {
    /// Reads the value of `sample`.
    ///
    /// # Errors
    /// An unknown key or method, a number of points that is not possible, a seed where there is none or none where there is one.
    pub(super) fn read(value: &Spanned<DeValue<'_>>) -> Result<Self, Mistake> {
        let span = value.span();
        let help = "such as sample = { method = \"latin-hypercube\", count = 64, seed = 1 }";
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("`sample` is {}, but must be a table of keys", found(value.get_ref()));
            return Err(Mistake::at_span(span, message).help(help));
        };
        let known = |key: &str| KEYS.contains(&key);
        if let Some((key, _)) = in_order(table).into_iter().find(|(key, _)| !known(key.get_ref())) {
            let message = format!("unknown key `{}` of a sample", excerpt(key.get_ref()));
            return Err(Mistake::at_span(key.span(), message).help(did_you_mean(key.get_ref(), KEYS)));
        }
        let missing = |key: &str| Mistake::at_span(span.clone(), format!("this sample has no `{key}`")).help(help);
        let method = Method::read(table, missing)?;
        let count = read_count("count", table.get("count").ok_or_else(|| missing("count"))?)? as usize;
        Ok(Self { method, count, span })
    }

    /// Coordinates of the points, from 0 (included) to 1 (excluded): of each dimension, those of all points. Dimensions are told
    /// apart by their names, so that another one changes no coordinate of the others, but with `sobol`.
    ///
    /// # Errors
    /// More dimensions than the Sobol sequence has.
    pub(super) fn coordinates(&self, dimensions: &[String]) -> Result<Vec<Vec<f64>>, Mistake> {
        let stream = |seed: u64, name: &String| Streams::new(seed, 0).stream(&format!("{PURPOSE}{name}"), 0);
        match self.method {
            Method::Random { seed } => Ok(dimensions
                .iter()
                .map(|name| {
                    let mut stream = stream(seed, name);
                    (0..self.count).map(|_| stream.random()).collect()
                })
                .collect()),
            Method::LatinHypercube { seed } => {
                Ok(dimensions.iter().map(|name| stratified(self.count, &mut stream(seed, name))).collect())
            }
            Method::Sobol => self.sobol(dimensions.len()),
        }
    }

    fn sobol(&self, dimensions: usize) -> Result<Vec<Vec<f64>>, Mistake> {
        let directions = JoeKuoD6::minimal();
        let most = directions.max_dims;
        if dimensions > most {
            let message =
                format!("this grid sweeps {dimensions} keys, but a Sobol sequence has {most} dimensions here");
            return Err(Mistake::at_span(self.span.clone(), message).help("sweep fewer keys, or take another `method`"));
        }
        let points: Vec<Vec<f64>> = Sobol::<f64>::new(dimensions, &directions).take(self.count).collect();
        Ok((0..dimensions).map(|dimension| points.iter().map(|point| point[dimension]).collect()).collect())
    }
}

impl Method {
    fn read(table: &DeTable<'_>, missing: impl Fn(&str) -> Mistake) -> Result<Self, Mistake> {
        let word = table.get("method").ok_or_else(|| missing("method"))?;
        let seed = table.get("seed");
        let needed = || seed.ok_or_else(|| missing("seed")).and_then(read_seed);
        match (word.get_ref().as_str(), seed) {
            (Some("random"), _) => Ok(Self::Random { seed: needed()? }),
            (Some("latin-hypercube"), _) => Ok(Self::LatinHypercube { seed: needed()? }),
            (Some("sobol"), None) => Ok(Self::Sobol),
            (Some("sobol"), Some(seed)) => {
                let message = "a Sobol sequence has no seed: its points are always the same";
                Err(Mistake::at_span(seed.span(), message).help("leave `seed` out"))
            }
            (other, _) => {
                let message = format!("`method` is {}, which is no method", found(word.get_ref()));
                Err(Mistake::at_span(word.span(), message).help(did_you_mean(other.unwrap_or_default(), METHODS)))
            }
        }
    }
}

fn read_seed(value: &Spanned<DeValue<'_>>) -> Result<u64, Mistake> {
    let whole =
        |value: &DeValue<'_>| u64::from_str_radix(value.as_integer()?.as_str(), value.as_integer()?.radix()).ok();
    whole(value.get_ref()).ok_or_else(|| {
        let message = format!("`seed` is {}, but must be a whole number from 0", found(value.get_ref()));
        Mistake::at_span(value.span(), message)
    })
}

/// A coordinate at a random place of each of `count` equal strata, in random order.
fn stratified(count: usize, stream: &mut impl Rng) -> Vec<f64> {
    let mut strata: Vec<usize> = (0..count).collect();
    strata.shuffle(stream);
    // Below the next stratum, whatever is rounded.
    let coordinate = |stratum: usize| {
        ((stratum as f64 + stream.random::<f64>()) / count as f64)
            .min(((stratum + 1) as f64 / count as f64).next_down())
    };
    strata.into_iter().map(coordinate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn coordinates(method: Method, count: usize, names: &[&str]) -> Vec<Vec<f64>> {
        let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
        Sample { method, count, span: 0..0 }.coordinates(&names).unwrap()
    }

    /// scipy.stats.qmc.Sobol(3, scramble=False).random(8).
    #[test]
    fn the_first_points_of_the_sobol_sequence_are_the_published_ones() {
        let published = [
            [0.0, 0.5, 0.75, 0.25, 0.375, 0.875, 0.625, 0.125],
            [0.0, 0.5, 0.25, 0.75, 0.375, 0.875, 0.125, 0.625],
            [0.0, 0.5, 0.25, 0.75, 0.625, 0.125, 0.875, 0.375],
        ];
        assert_eq!(coordinates(Method::Sobol, 8, &["a", "b", "c"]), published);
    }

    #[test]
    fn a_latin_hypercube_has_one_point_in_each_stratum_of_each_dimension() {
        for count in [2, 7, 100] {
            let columns = coordinates(Method::LatinHypercube { seed: 3 }, count, &["a", "b"]);
            for column in &columns {
                let strata: BTreeSet<usize> = column.iter().map(|share| (share * count as f64) as usize).collect();
                assert_eq!(strata, (0..count).collect());
            }
            assert_ne!(columns[0], columns[1]);
        }
    }

    #[test]
    fn another_dimension_changes_no_coordinate_and_another_seed_changes_all() {
        for method in [|seed| Method::Random { seed }, |seed| Method::LatinHypercube { seed }] {
            let [two, three] = [&["a", "c"][..], &["a", "b", "c"]].map(|names| coordinates(method(1), 5, names));
            assert_eq!([&two[0], &two[1]], [&three[0], &three[2]]);
            assert_ne!(two[0], coordinates(method(2), 5, &["a"])[0]);
        }
        let uniform = coordinates(Method::Random { seed: 1 }, 10_000, &["a"]).concat();
        let mean = uniform.iter().sum::<f64>() / 1e4;
        // Six standard deviations of the mean of 10,000 uniform numbers.
        assert!((mean - 0.5).abs() < 6.0 / (12.0 * 1e4_f64).sqrt(), "{mean}");
    }
}
