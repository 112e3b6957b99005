//! What to do about failures of Docker and of what runs on it: the place where the drivers' errors
//! get an exit code and a way out. Those of a component are in its own folder.

mod engine;
mod images;
mod k3d;
mod kube;

pub use engine::of as engine;
pub use engine::way_to_the_choice;
pub use images::of as images;
pub use k3d::of as k3d;
pub use kube::of as kube;
