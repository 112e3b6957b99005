//! Trains small models and checks what they learned, the evaluation of their JSON, and that a
//! training repeats itself exactly.

mod control;
mod data;
mod learning;
mod parity;
mod refusals;
mod repeated;
