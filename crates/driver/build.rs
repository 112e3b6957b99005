//! Embeds the folders under `images/` of the repository, and what their lists name of the rest of it, so
//! that the program builds its images from any directory.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

#[path = "src/images/folder.rs"]
mod folder;

fn main() {
    if let Err(why) = embed() {
        // Cargo shows it under the name of this crate and stops.
        println!("cargo::error={why}");
        process::exit(1);
    }
}

fn embed() -> Result<(), String> {
    let variable = |name: &str| env::var(name).map_err(|error| format!("{name}: {error}"));
    let repository = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../..");
    let images = repository.join("images");
    println!("cargo::rerun-if-changed=src/images/folder.rs");
    println!("cargo::rerun-if-changed={}", images.display());
    let mut source = String::from("&[\n");
    for path in subfolders(&images)? {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| format!("{}: not UTF-8", path.display()))?;
        writeln!(source, "    ({name:?}, &[").map_err(|error| error.to_string())?;
        for listed in folder::listed(&path).map_err(|error| error.to_string())? {
            println!(
                "cargo::rerun-if-changed={}",
                repository.join(listed).display()
            );
        }
        for file in folder::files(&path, &repository).map_err(|error| error.to_string())? {
            let content = file.absolute.canonicalize();
            let content = content.map_err(|error| format!("{}: {error}", path.display()))?;
            let (relative, executable) = (file.relative, file.executable);
            let line = format!(
                "        ({relative:?}, {executable}, include_bytes!({content:?}) as &[u8]),\n"
            );
            source.push_str(&line);
        }
        source.push_str("    ]),\n");
    }
    source.push_str("]\n");
    let target = PathBuf::from(variable("OUT_DIR")?).join("contexts.rs");
    fs::write(&target, source).map_err(|error| format!("{}: {error}", target.display()))
}

fn subfolders(images: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("{}: {error}", images.display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(images).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.file_type().map_err(unreadable)?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}
