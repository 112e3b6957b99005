//! The loop on a simulated stream of which the truth is known: what labels are found, what is
//! learnt from them, and that nothing but a better model changes what is served.

mod crashes;
mod datasets;
mod labels;
mod learning;
mod runs;
mod world;
