//! Properties of the records: what is written is read back the same; the user type equals a slow
//! reference; the bookmark loses nothing whatever happens.

mod bookmark;
mod contracts;
mod generated;
mod round_trip;
mod user_type;
