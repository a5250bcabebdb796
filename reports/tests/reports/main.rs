//! Reports, figures and pages, of studies whose numbers are made up so that they decide what has to be drawn and said.

mod answer;
mod drawing;
mod looked_at;
mod publication;
mod render;
mod synthetic;
