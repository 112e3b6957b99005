//! The core for the JVM: `libwikisentry_jvm.so`, whose Java face is `org.wikisentry.flink.Native` in
//! `images/flink/job`. What it does is in [`work`], without Java; `native` only carries bytes across.

mod native;
pub mod work;
