//! Price lists: the energy of each kind of event in a network.
//!
//! A list names its `form`, see [`Form`], and has a quantity for every key of that form and no other. Some forms let a list
//! leave out certain keys; the list must then name them in `unpriced`. A list for whole numbers says how wide they are in
//! `integer_bits`.

use super::{Expected, Limits, Profile, Quantity, Replaceable, Scope};
use crate::decode::{self, explain};
use crate::diagnostic::{Mistake, did_you_mean, excerpt};
use crate::library;
use crate::located::Located;
use crate::shape::refuse_control_characters;
use cospike_sim_core::energy::{Form, PriceKey, PriceList, Unit};
use cospike_sim_core::network::Network;
use serde::Deserialize;
use std::ops::{Range, RangeInclusive};
use toml::de::{DeTable, ValueDeserializer};

/// A price list: the energy of each kind of event, on a device or a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    description: String,
    form: Form,
    /// Width of the whole numbers that weights and activations are taken to be; `None` if they are taken as they are, or the form
    /// says it.
    integer_bits: Option<u32>,
    /// Quantities that the list has, in the order of the form's keys.
    prices: Vec<(&'static PriceKey, Quantity)>,
    list: PriceList,
}

/// Widths of whole numbers that a list can be for: a sign and a size at least, and no more than float32 can hold.
const INTEGER_BITS: RangeInclusive<u32> = 2..=24;

impl Prices {
    /// The prices, in joules.
    pub fn list(&self) -> &PriceList {
        &self.list
    }

    /// Form of the list: the events that it has prices for.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Bits of the whole numbers that the list takes the weights of layer `index` of `network` to be, see
    /// [`PriceList::weight_bits`]; `None` if it takes them as they are.
    pub fn weight_bits(&self, network: &Network, steps: Option<usize>, index: usize) -> Option<u32> {
        self.list.weight_bits(network, steps, index).or(self.integer_bits)
    }

    /// Bits of the activations of networks on real values, see [`PriceList::activation_bits`]; `None` if the list takes them as
    /// they are.
    pub fn activation_bits(&self, steps: Option<usize>) -> Option<u32> {
        self.list.activation_bits(steps).or(self.integer_bits)
    }

    /// Keys of the form that the list leaves unpriced.
    pub fn unpriced(&self) -> impl Iterator<Item = &'static str> {
        let priced = |key: &&PriceKey| self.prices.iter().any(|(priced, _)| priced.key == key.key);
        self.form.keys().iter().filter(move |key| !priced(key)).map(|key| key.key)
    }
}

impl Profile for Prices {
    const KIND: &'static str = "prices";
    const NOUN: &'static str = "price list";
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
        let description = file.take::<String>("description")?;
        refuse_control_characters(&description)?;
        let description = description.into_inner();
        let form = file.form()?;
        let integer_bits = file.integer_bits()?;
        let unpriced = file.unpriced(form)?;
        file.refuse_unknown(form)?;
        let mut prices = vec![];
        for key in form.keys().iter().filter(|key| !unpriced.contains(&key.key)) {
            prices.push((key, file.price(form, key)?));
        }
        file.refuse_the_rest()?;
        let value = |wanted| prices.iter().find(|(key, _)| key.key == wanted).map(|(_, quantity)| quantity.get());
        // A value that its unit does not have is reported at its position, before the list refuses it without one.
        prices.iter().try_for_each(|(key, quantity): &(&PriceKey, Quantity)| quantity.check(&expected(key)))?;
        let list = PriceList::new(form, value).map_err(|error| Mistake::in_file(error.to_string()))?;
        Ok(Self { description, form, integer_bits, prices, list })
    }
}

impl Replaceable for Prices {
    const NAME: &'static str = "price list";

    /// The keys of all forms, each once. Units differ from form to form, so a value is in that of the list.
    fn declared() -> Vec<(Expected, String)> {
        let mut all: Vec<(Expected, String)> = vec![];
        for form in Form::ALL {
            for key in form.keys() {
                let of = |known: &&mut (Expected, String)| known.0.key == key.key;
                let named = format!("`{}` ({})", form.name(), key.unit.name());
                match all.iter_mut().find(of) {
                    Some((known, forms)) => {
                        known.limits = known.limits.or(expected(key).limits);
                        *forms += &format!(", {named}");
                    }
                    None => all.push((Expected { unit: "", ..expected(key) }, format!("Of lists of form {named}"))),
                }
            }
        }
        all.into_iter().map(|(expected, forms)| (expected, forms + ".")).collect()
    }

    fn unit(_: &str) -> &'static str {
        ""
    }

    fn replace(
        &mut self,
        key: &str,
        value: &Located<f64>,
        with: impl FnOnce(Option<&Quantity>) -> Quantity,
    ) -> Result<(), Mistake> {
        let Some(known) = self.form.keys().iter().find(|known| known.key == key) else {
            let message = format!("`{key}` is not a key of the form `{}`, which this price list has", self.form.name());
            return Err(Mistake::in_value(value, message)
                .help(did_you_mean(key, self.form.keys().iter().map(|known| known.key))));
        };
        let place = self.prices.iter().position(|(priced, _)| priced.key == key);
        let given = with(place.map(|place| &self.prices[place].1));
        let quantity = Quantity { unit: Located::new(value.span(), known.unit.name().into()), ..given };
        quantity.check(&expected(known))?;
        match place {
            Some(place) => self.prices[place].1 = quantity,
            None => self.prices.push((known, quantity)),
        }
        let price = |wanted| self.prices.iter().find(|(key, _)| key.key == wanted).map(|(_, found)| found.get());
        self.list = PriceList::new(self.form, price).map_err(|error| Mistake::in_value(value, error.to_string()))?;
        Ok(())
    }
}

/// What a list must say about `key`: sizes are above 0, prices at least 0, switches 0 or 1.
fn expected(key: &PriceKey) -> Expected {
    let (least, most) = key.unit.limits();
    let limits = match key.unit {
        Unit::Switch => Limits::whole(least, most),
        _ => Limits::between(least, most),
    };
    Expected { key: key.key, unit: key.unit.name(), limits }
}

/// The part of a price list that is still to be read.
struct File<'a> {
    table: DeTable<'a>,
    /// Position of the form, where missing prices are reported.
    form: Range<usize>,
}

impl File<'_> {
    /// Removes the value of `key`, which must be there.
    fn take<T: for<'de> Deserialize<'de>>(&mut self, key: &str) -> Result<Located<T>, Mistake> {
        match self.take_if_any(key)? {
            Some(value) => Ok(value),
            None => Err(Mistake::in_file(format!("the file has no `{key}`"))),
        }
    }

    /// Removes the value of `key`, if there is one.
    fn take_if_any<T: for<'de> Deserialize<'de>>(&mut self, key: &str) -> Result<Option<Located<T>>, Mistake> {
        let Some(value) = self.table.remove(key) else { return Ok(None) };
        let span = value.span();
        let value = T::deserialize(ValueDeserializer::from(value)).map_err(|error| explain(&error))?;
        Ok(Some(Located::new(span, value)))
    }

    /// Removes the form of the list.
    fn form(&mut self) -> Result<Form, Mistake> {
        let names = || Form::ALL.into_iter().map(Form::name);
        let help =
            |word: &str| format!("{}; `form` says which events the list has prices for", did_you_mean(word, names()));
        let Some(word) = self.take_if_any::<String>("form")? else {
            return Err(Mistake::in_file("the file has no `form`").help(help("")));
        };
        self.form = word.span();
        let unknown = || {
            let message = format!("no form of price lists is called `{}`", excerpt(&word));
            Mistake::in_value(&word, message).help(help(&word))
        };
        Form::ALL.into_iter().find(|form| form.name() == *word).ok_or_else(unknown)
    }

    /// Removes the width of whole numbers.
    fn integer_bits(&mut self) -> Result<Option<u32>, Mistake> {
        let Some(bits) = self.take_if_any::<i64>("integer_bits")? else { return Ok(None) };
        let width = u32::try_from(bits.get()).ok().filter(|width| INTEGER_BITS.contains(width));
        let (least, most) = (INTEGER_BITS.start(), INTEGER_BITS.end());
        let wrong =
            || Mistake::in_value(&bits, format!("`integer_bits` must be a whole number from {least} to {most}"));
        width.map(Some).ok_or_else(wrong)
    }

    /// Removes the list of unpriced keys; its form must allow each of them to be unpriced.
    fn unpriced(&mut self, form: Form) -> Result<Vec<&'static str>, Mistake> {
        let Some(words) = self.take_if_any::<Vec<Located<String>>>("unpriced")? else { return Ok(vec![]) };
        if words.is_empty() {
            return Err(Mistake::in_value(&words, "`unpriced` is an empty list, which says nothing")
                .help("list at least one key, or leave `unpriced` out"));
        }
        let may_be = || form.keys().iter().filter(|key| key.may_be_unpriced).map(|key| key.key);
        let known = |word: &Located<String>| {
            let wrong = || {
                let message = format!("a list of form `{}` cannot leave `{}` unpriced", form.name(), excerpt(word));
                Mistake::in_value(word, message).help(did_you_mean(word, may_be()))
            };
            may_be().find(|key| *key == word.as_str()).ok_or_else(wrong)
        };
        words.iter().map(known).collect()
    }

    /// Refuses keys that the form does not have.
    fn refuse_unknown(&self, form: Form) -> Result<(), Mistake> {
        let keys = || form.keys().iter().map(|key| key.key);
        // The parser sorts keys by name; the first in the file is reported.
        let unknown = self.table.keys().filter(|key| !keys().any(|known| key.get_ref() == known));
        match unknown.min_by_key(|key| key.span().start) {
            None => Ok(()),
            Some(key) => {
                let message = format!("`{}` is not a key of the form `{}`", excerpt(key.get_ref()), form.name());
                Err(Mistake::at_span(key.span(), message).help(did_you_mean(key.get_ref(), keys())))
            }
        }
    }

    /// Refuses keys that are left after all prices were read: they have a price and are in `unpriced` as well.
    fn refuse_the_rest(&self) -> Result<(), Mistake> {
        match self.table.keys().next() {
            None => Ok(()),
            Some(key) => {
                let message = format!("`{}` has a price here, but is in `unpriced` as well", key.get_ref());
                Err(Mistake::at_span(key.span(), message).help("keep only one of the two"))
            }
        }
    }

    /// Removes the price of `key`, whose scope must be that of the form.
    fn price(&mut self, form: Form, key: &PriceKey) -> Result<Quantity, Mistake> {
        let Some(price) = self.take_if_any::<Quantity>(key.key)? else { return Err(self.missing(form, key)) };
        let mut price = price.into_inner();
        price.convert(key.unit.name());
        let needed = if form.is_all_in() { Scope::AllIn } else { Scope::PerOperation };
        let found = *price.scope;
        if found == needed {
            return Ok(price);
        }
        let message = format!(
            "the scope of `{}` is {}, but prices of the form `{}` are {}",
            key.key,
            found.name(),
            form.name(),
            needed.name()
        );
        let help = "an all-in price contains what per-operation prices name one by one: the two never mix";
        Err(Mistake::in_value(&price.scope, message).help(help))
    }

    /// The mistake of a price that the list lacks.
    fn missing(&self, form: Form, key: &PriceKey) -> Mistake {
        let message = format!("a list of form `{}` needs `{}`, in {}", form.name(), key.key, key.unit.name());
        let help = match key.may_be_unpriced {
            true => format!("if there is no price for it, say so: unpriced = [\"{}\"]", key.key),
            false => "a price that is left out does not count as 0: add it, or choose another form".into(),
        };
        Mistake::at_span(self.form.clone(), message).help(help)
    }
}
