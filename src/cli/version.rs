//! What `-V` and `--version` say: the build script notes the commit.

/// Number, commit and its day.
pub(super) const SHORT: &str = env!("BUILT_VERSION");

pub(super) const LONG: &str = concat!(
    env!("BUILT_VERSION"),
    "\ncommit: ",
    env!("BUILT_COMMIT"),
    "\ncommit date: ",
    env!("BUILT_COMMIT_DATE"),
    "\ntarget: ",
    env!("BUILT_TARGET")
);
