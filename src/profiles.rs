//! `profiles`, `profile` and `prices`: what scenarios can name, and the files behind the names.

use crate::failure::Failure;
use crate::output::{print_json, say, say_paragraph};
use cospike_scenarios::diagnostic::did_you_mean;
use cospike_scenarios::profiles::{CatalogueEntry, catalogue, price_catalogue};
use serde_json::{Value, json};

/// Lists the profiles of devices, links and clouds.
pub(crate) fn list(as_json: bool) -> Result<(), Failure> {
    let all = catalogue().map_err(Failure::in_file)?;
    if as_json {
        print_json(&all.iter().map(entry_json).collect::<Value>());
        return Ok(());
    }
    print_entries(&all);
    say_paragraph("devices: `fleet.profile`; links: `link.profile`; clouds: `cloud.profile`", 0);
    say_paragraph("a file of your own: `cospike profile NAME > my.toml`, and the path my.toml in the scenario", 0);
    Ok(())
}

/// Lists the price lists.
pub(crate) fn list_prices(as_json: bool) -> Result<(), Failure> {
    let all = price_catalogue().map_err(Failure::in_file)?;
    if as_json {
        print_json(&all.iter().map(entry_json).collect::<Value>());
        return Ok(());
    }
    print_entries(&all);
    say!("devices: `fleet.prices`; servers: `cloud.prices`");
    say_paragraph("a file of your own: `cospike prices NAME > my.toml`, and the path my.toml in the scenario", 0);
    Ok(())
}

/// Prints the file of a profile as it is.
pub(crate) fn print(name: &str) -> Result<(), Failure> {
    print_file("profile", name, &catalogue().map_err(Failure::in_file)?)
}

/// Prints the file of a price list as it is.
pub(crate) fn print_prices(name: &str) -> Result<(), Failure> {
    print_file("price list", name, &price_catalogue().map_err(Failure::in_file)?)
}

fn print_file(noun: &str, name: &str, all: &[CatalogueEntry]) -> Result<(), Failure> {
    let Some(entry) = all.iter().find(|entry| entry.name == name) else {
        let help = did_you_mean(name, all.iter().map(|entry| entry.name));
        return Err(Failure::mistake(format!("no {noun} that ships with CoSpike is called `{name}`\nhelp: {help}")));
    };
    say!("{}", entry.text.trim_end());
    Ok(())
}

/// Prints a line for each entry, below a heading for each kind where there are several.
fn print_entries(all: &[CatalogueEntry]) {
    let width = all.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    let kinds: Vec<_> = all.chunk_by(|one, next| one.kind == next.kind).collect();
    for of_kind in &kinds {
        if kinds.len() > 1 {
            say!("{}", of_kind[0].kind);
        }
        of_kind
            .iter()
            .for_each(|entry| say_paragraph(&format!("  {:width$}  {}", entry.name, entry.description), width + 4));
        say!();
    }
}

fn entry_json(entry: &CatalogueEntry) -> Value {
    json!({ "kind": entry.kind, "name": entry.name, "description": entry.description })
}
