//! Studies that many processes work on, by hand and under real schedulers: whatever is killed, they give the bytes of a run.

#![cfg(unix)]

mod bench;
mod hyperqueue;
mod kubernetes;
mod own_slurm;
mod shares;
mod slurm;
