//! wikisentry
