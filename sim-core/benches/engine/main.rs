//! lab
mod candidates;
mod hold;
mod pending;
use candidates::*;
use cospike_sim_core::kernel::EventQueue;
use hold::Increments;
use pending::*;

fn one<P: Pending>(law: Increments, sizes: &[u32], events: u64) {
    print!("{:20}", P::NAME);
    for &n in sizes {
        let (rate, sum) = hold::run::<P>(law, n, events);
        print!(" {:6.2} ({:04x})", rate / 1e6, sum & 0xffff);
    }
    println!();
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let only = args.get(1).map(String::as_str).unwrap_or("");
    let sizes: Vec<u32> = args
        .get(2)
        .map(|s| s.split(',').map(|x| x.parse().unwrap()).collect())
        .unwrap_or(vec![1000, 10_000, 100_000, 1_000_000]);
    let laws = args.get(3).map(String::as_str).unwrap_or("ECTHB");
    for law in [
        Increments::Exponential,
        Increments::Constant,
        Increments::Together,
        Increments::HeavyTailed,
        Increments::Bimodal,
    ] {
        if !laws.contains(format!("{law:?}").chars().next().unwrap()) {
            continue;
        }
        println!("{law:?}");
        let e: u64 = std::env::var("EVENTS").map_or(2_000_000, |v| v.parse().unwrap());
        if only.is_empty() || only.contains('a') {
            one::<StandardHeap>(law, &sizes, e);
        }
        if only.is_empty() || only.contains('b') {
            one::<PackedHeap>(law, &sizes, e);
        }
        if only.is_empty() || only.contains('c') {
            one::<FourHeap>(law, &sizes, e);
        }
        if only.is_empty() || only.contains('d') {
            one::<RadixHeap>(law, &sizes, e);
        }
        if only.is_empty() || only.contains('e') {
            one::<Calendar>(law, &sizes, e);
        }
        if only.is_empty() || only.contains('f') {
            one::<Ladder>(law, &sizes, e);
        }
        if only.is_empty() || only.contains('g') {
            one::<EventQueue<u32>>(law, &sizes, e);
        }
    }
}
