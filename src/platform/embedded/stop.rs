//! Ends the process of a state folder.

use super::Instance;
use crate::error::{Error, ExpectedError, Result};
use crate::state::StateDir;
use rustix::process::{Pid, Signal, kill_process};
use std::time::{Duration, Instant};

/// The process ends within 5 seconds; a disk that hangs may hold it longer.
const DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// Asks the process to end, and waits until it has.
///
/// # Errors
/// With exit code 7 if it is another user's, 6 if it does not end.
pub fn stop(instance: &Instance, state: &StateDir) -> Result<()> {
    let pid = i32::try_from(instance.pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| Error::bug(format!("{} is no process id", instance.pid)))?;
    match kill_process(pid, Signal::TERM) {
        // It ended by itself meanwhile.
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => {
            return ExpectedError::refused("cannot stop the platform")
                .because(format!("process {}: {error}", instance.pid))
                .help("stop it as the user who started it")
                .fail();
        }
    }
    let began = Instant::now();
    while Instance::is_running(state)? {
        if began.elapsed() > DEADLINE {
            let pid = instance.pid;
            return ExpectedError::timed_out("the platform does not end")
                .because(format!("process {pid} still holds its state"))
                .help(format!(
                    "look at `wikisentry logs`; `kill -9 {pid}` is safe"
                ))
                .fail();
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}
