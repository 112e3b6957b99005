//! A socket in front of the Docker engine that can go away, as the engine itself does when it is
//! stopped: every connection ends, and nobody listens any more.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

const ENGINE: &str = "/var/run/docker.sock";

pub struct EngineProxy {
    folder: tempfile::TempDir,
    open: Arc<Mutex<Option<Vec<UnixStream>>>>,
}

impl EngineProxy {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("docker.sock")).expect("a socket");
        let open = Arc::new(Mutex::new(Some(Vec::new())));
        let proxy = Self { folder, open };
        let open = proxy.open.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                if relay(client, &open).is_err() {
                    return;
                }
            }
        });
        proxy
    }

    pub fn address(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// The engine is gone.
    pub fn cut(&self) {
        std::fs::remove_file(self.socket()).expect("it is there");
        let open = self.open.lock().expect("no panic").take();
        for stream in open.into_iter().flatten() {
            _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }
}

/// Passes bytes on in both directions; an error once the engine is gone.
fn relay(client: UnixStream, open: &Mutex<Option<Vec<UnixStream>>>) -> io::Result<()> {
    let mut open = open.lock().expect("no panic");
    let Some(open) = open.as_mut() else {
        return Err(io::ErrorKind::NotConnected.into());
    };
    let engine = UnixStream::connect(ENGINE)?;
    for (mut from, mut to) in [
        (client.try_clone()?, engine.try_clone()?),
        (engine.try_clone()?, client.try_clone()?),
    ] {
        thread::spawn(move || {
            _ = io::copy(&mut from, &mut to);
            _ = to.shutdown(Shutdown::Write);
        });
    }
    open.extend([client, engine]);
    Ok(())
}
