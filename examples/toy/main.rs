//! `wikisentry` with a component more: what one takes. All of it is in this folder, and one line
//! installs it; a component of the program itself has its folder in `src/components` and its line in
//! `ALL` there.

use std::process::ExitCode;
use wikisentry::components::{Component, Image, Port, Publishing, Variable, install};
use wikisentry_driver::images::{BuildContext, ContextFile};

static TOY: Component = Component {
    name: "toy",
    purpose: "shows what a component takes",
    image: Some(Image {
        parent: Some("base"),
        bytes: 10_000,
        uses: &[],
        context: |_| {
            Some(BuildContext::new(vec![ContextFile {
                path: "Dockerfile".to_owned(),
                executable: false,
                content: include_bytes!("Dockerfile").as_slice().into(),
            }]))
        },
    }),
    ports: &[Port {
        name: "toy",
        key: "port",
        publishing: Publishing::Variable("WIKISENTRY_TOY_PORT"),
        url: "http://{}",
    }],
    variables: &[Variable::mib("WIKISENTRY_TOY_MEMORY", "memory_mib")],
    compose: include_str!("compose.yaml"),
    defaults: include_str!("defaults.toml"),
    measured: include_str!("measured.toml"),
    ..Component::PLAIN
};

fn main() -> ExitCode {
    install(&[&TOY]);
    wikisentry::run(std::env::args_os())
}
