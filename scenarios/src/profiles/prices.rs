//! Price lists.
//!
//! A list names its `form`, see [`Form`], and has a quantity for every key of that form, no more and no fewer. What a form
//! lets a list leave out, the list must name in `unpriced`.

use super::{Expected, Profile, Quantity, Scope};
use crate::decode::{self, explain};
use crate::diagnostic::{Mistake, did_you_mean};
use crate::library;
use crate::located::Located;
use cospike_sim_core::energy::{Form, PriceKey, PriceList, Unit};
use cospike_sim_core::kernel::{not_negative, positive};
use serde::Deserialize;
use std::ops::Range;
use toml::de::{DeTable, ValueDeserializer};

/// A price list: what events at the edge cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    description: String,
    form: Form,
    /// In the order of the form's keys.
    prices: Vec<(&'static PriceKey, Quantity)>,
    list: PriceList,
}

impl Prices {
    /// The prices in joules.
    pub fn list(&self) -> &PriceList {
        &self.list
    }

    /// Which events it counts.
    pub fn form(&self) -> Form {
        self.form
    }

    /// What it leaves unpriced.
    pub fn unpriced(&self) -> impl Iterator<Item = &'static str> {
        let priced = |key: &&PriceKey| self.prices.iter().any(|(priced, _)| priced.key == key.key);
        self.form.keys().iter().filter(move |key| !priced(key)).map(|key| key.key)
    }
}

impl Profile for Prices {
    const KIND: &'static str = "prices";
    const FOLDER: &'static str = "prices";
    const SHIPPED: &'static [(&'static str, &'static [u8])] = library::PRICES;

    fn description(&self) -> &str {
        &self.description
    }

    fn quantities(&self) -> Vec<(Expected, &Quantity)> {
        self.prices.iter().map(|(key, quantity)| (expected(key), quantity)).collect()
    }

    fn read(text: &str) -> Result<Self, Mistake> {
        let document = decode::parse(text)?;
        let mut file = File { table: document.into_inner(), form: 0..0 };
        let description = file.take::<String>("description")?.into_inner();
        let form = file.form()?;
        let unpriced = file.unpriced(form)?;
        file.refuse_unknown(form)?;
        let mut prices = vec![];
        for key in form.keys().iter().filter(|key| !unpriced.contains(&key.key)) {
            prices.push((key, file.price(form, key)?));
        }
        file.refuse_the_rest()?;
        let value = |wanted| prices.iter().find(|(key, _)| key.key == wanted).map(|(_, quantity)| quantity.get());
        // Each value is checked where it stands, before this could refuse it.
        let list = PriceList::new(form, value).map_err(|error| Mistake::in_file(error.to_string()))?;
        Ok(Self { description, form, prices, list })
    }
}

fn expected(key: &PriceKey) -> Expected {
    let check = match key.unit {
        Unit::Bits | Unit::Bytes => positive,
        _ => not_negative,
    };
    Expected { key: key.key, unit: key.unit.name(), check }
}

/// What is left to read of a price list.
struct File<'a> {
    table: DeTable<'a>,
    /// Where its form stands.
    form: Range<usize>,
}

impl File<'_> {
    /// The value at `key`, which must be there.
    fn take<T: for<'de> Deserialize<'de>>(&mut self, key: &str) -> Result<Located<T>, Mistake> {
        match self.take_if_any(key)? {
            Some(value) => Ok(value),
            None => Err(Mistake::in_file(format!("the file has no `{key}`"))),
        }
    }

    fn take_if_any<T: for<'de> Deserialize<'de>>(&mut self, key: &str) -> Result<Option<Located<T>>, Mistake> {
        let Some(value) = self.table.remove(key) else { return Ok(None) };
        let span = value.span();
        let value = T::deserialize(ValueDeserializer::from(value)).map_err(|error| explain(&error))?;
        Ok(Some(Located::new(span, value)))
    }

    fn form(&mut self) -> Result<Form, Mistake> {
        let names = || Form::ALL.into_iter().map(Form::name);
        let help =
            |word: &str| format!("{}; `form` says which events the list has prices for", did_you_mean(word, names()));
        let Some(word) = self.take_if_any::<String>("form")? else {
            return Err(Mistake::in_file("the file has no `form`").help(help("")));
        };
        self.form = word.span();
        let unknown = || {
            let message = format!("there is no form `{}` of price lists", word);
            Mistake::in_value(&word, message).help(help(&word))
        };
        Form::ALL.into_iter().find(|form| form.name() == *word).ok_or_else(unknown)
    }

    /// Keys that the list leaves unpriced, all of which its form lets it.
    fn unpriced(&mut self, form: Form) -> Result<Vec<&'static str>, Mistake> {
        let Some(words) = self.take_if_any::<Vec<Located<String>>>("unpriced")? else { return Ok(vec![]) };
        let may_be = || form.keys().iter().filter(|key| key.may_be_unpriced).map(|key| key.key);
        let known = |word: &Located<String>| {
            let wrong = || {
                let message = format!("a list of form `{}` cannot leave `{}` unpriced", form.name(), word);
                Mistake::in_value(word, message).help(did_you_mean(word, may_be()))
            };
            may_be().find(|key| *key == word.as_str()).ok_or_else(wrong)
        };
        words.iter().map(known).collect()
    }

    /// A list has nothing that its form does not count.
    fn refuse_unknown(&self, form: Form) -> Result<(), Mistake> {
        let keys = || form.keys().iter().map(|key| key.key);
        // The parser sorts keys by name; the first in the file is reported.
        let unknown = self.table.keys().filter(|key| !keys().any(|known| key.get_ref() == known));
        match unknown.min_by_key(|key| key.span().start) {
            None => Ok(()),
            Some(key) => {
                let message = format!("`{}` is nothing that a list of form `{}` counts", key.get_ref(), form.name());
                Err(Mistake::at_span(key.span(), message).help(did_you_mean(key.get_ref(), keys())))
            }
        }
    }

    /// What is still there is in `unpriced` too.
    fn refuse_the_rest(&self) -> Result<(), Mistake> {
        match self.table.keys().next() {
            None => Ok(()),
            Some(key) => {
                let message = format!("`{}` has a price here, and is in `unpriced`", key.get_ref());
                Err(Mistake::at_span(key.span(), message).help("keep one of the two"))
            }
        }
    }

    fn price(&mut self, form: Form, key: &PriceKey) -> Result<Quantity, Mistake> {
        let Some(price) = self.take_if_any::<Quantity>(key.key)? else { return Err(self.missing(form, key)) };
        let price = price.into_inner();
        let needed = if form.is_all_in() { Scope::AllIn } else { Scope::PerOperation };
        let found = *price.scope;
        if found == needed {
            return Ok(price);
        }
        let message =
            format!("`{}` is {}, but a list of form `{}` is {}", key.key, found.name(), form.name(), needed.name());
        let help = "an all-in price contains what per-operation prices name one by one: the two never mix";
        Err(Mistake::in_value(&price.scope, message).help(help))
    }

    fn missing(&self, form: Form, key: &PriceKey) -> Mistake {
        let message = format!("a list of form `{}` needs `{}`, in {}", form.name(), key.key, key.unit.name());
        let help = match key.may_be_unpriced {
            true => format!("without a price for it, say so: unpriced = [\"{}\"]", key.key),
            false => "a missing price is not 0; what a model leaves out needs another form".into(),
        };
        Mistake::at_span(self.form.clone(), message).help(help)
    }
}
