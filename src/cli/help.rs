//! What `--help` adds below the list of options.

pub(super) const SHORT: &str = "`wikisentry --help` adds examples, exit codes and variables.";

pub(super) const LONG: &str = "\
Examples:
  wikisentry init --contact me@example.org     write the settings file
  wikisentry up                                start the platform
  wikisentry up --replay sample                the same without the feed, on recorded edits
  wikisentry status --watch                    its state, every 2 seconds
  wikisentry tail edits.classified --follow    edits with their scores as they come
  wikisentry predict events.jsonl              scores for events in a file
  wikisentry explain enwiki:1167689309         why an edit got its score
  wikisentry models list                       versions of the model and how good they are
  wikisentry doctor                            what is in the way
  wikisentry images build                      the images of the data layer in Docker
  wikisentry down                              stop the platform; what it took is kept

Exit codes:
  0    fine
  1    a defect of wikisentry
  2    wrong arguments, settings or input
  3    memory, disk, a port or another precondition is missing
  4    the platform is not running
  5    it runs, but something is wrong
  6    something did not happen in time
  7    understood, and refused
  130  Ctrl-C ended it before its end; what runs in the background goes on. `up --foreground`,
       `demo` and `replay`, which run until Ctrl-C, end with 0

Environment:
  WIKISENTRY_HOME           folder of the state [default: wikisentry in the XDG state folder]
  WIKISENTRY_CONFIG         settings file [default: $XDG_CONFIG_HOME/wikisentry/config.toml]
  WIKISENTRY_LOG            what is logged, e.g. info or wikisentry_engine=debug [default: warn]
  WIKISENTRY_SECTION__KEY   a setting: source.contact is WIKISENTRY_SOURCE__CONTACT
  NO_COLOR                  no colours, if set

Data goes to standard output, everything else to standard error.";
