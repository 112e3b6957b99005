//! Trains small models and holds them to what they must have learned, to the evaluation of their
//! JSON, and to themselves.

mod control;
mod data;
mod learning;
mod parity;
mod refusals;
mod repeated;
