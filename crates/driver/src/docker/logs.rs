//! Output of services: both streams, by lines, with the times the engine gave them.

use super::engine::Engine;
use super::error::{During, EngineError, found};
use crate::compose::Project;
use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::stream::{self, BoxStream, SelectAll, StreamExt};
use jiff::Timestamp;
use std::time::Duration;

/// How often a container that ended is looked at while its output is followed.
const POLL: Duration = Duration::from_millis(500);

/// Which lines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogRequest {
    /// Of these services; empty for all.
    pub services: Vec<String>,
    /// Go on with new lines, also of containers that are started again or take another's place;
    /// only an error ends it.
    pub follow: bool,
    /// At most this many of the last lines of each service; `None` for all.
    pub tail: Option<u32>,
    /// Only lines of this time or later.
    pub since: Option<Timestamp>,
}

/// A line that a service wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    pub service: String,
    /// When the engine received it.
    pub time: Option<Timestamp>,
    /// The line without its end; bytes that are not UTF-8 are replaced.
    pub text: String,
}

impl LogLine {
    /// A line as the engine and the kubelet give it, with its time before it.
    pub(crate) fn parse(service: &str, raw: &str) -> Self {
        let (time, text) = raw.split_once(' ').unwrap_or((raw, ""));
        let (time, text) = match time.parse() {
            Ok(time) => (Some(time), text),
            Err(_) => (None, raw),
        };
        Self {
            service: service.to_owned(),
            time,
            text: text.to_owned(),
        }
    }
}

impl Engine {
    /// Lines of the project's services as they come, those of one service in order. Services
    /// without a container have none.
    pub fn logs<'a>(
        &'a self,
        project: &Project,
        request: &LogRequest,
    ) -> SelectAll<BoxStream<'a, Result<LogLine, EngineError>>> {
        let wanted =
            |name: &&String| request.services.is_empty() || request.services.contains(name);
        let services = project.services.keys().filter(wanted);
        let streams = services.map(|name| {
            let container = project.container_name(name);
            if request.follow {
                self.followed(name.clone(), container, request.clone())
            } else {
                self.container_logs(name, &container, request)
            }
        });
        stream::select_all(streams)
    }

    /// What there is of one container's output, and with `follow` what comes until it ends.
    pub(super) fn container_logs<'a>(
        &'a self,
        service: &str,
        container: &str,
        request: &LogRequest,
    ) -> BoxStream<'a, Result<LogLine, EngineError>> {
        let mut options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .timestamps(true)
            .follow(request.follow);
        if let Some(tail) = request.tail {
            options = options.tail(&tail.to_string());
        }
        if let Some(since) = request.since {
            options = options.since(i32::try_from(since.as_second()).unwrap_or(i32::MAX));
        }
        let (service, container) = (service.to_owned(), container.to_owned());
        let since = request.since;
        let chunks = self.docker.logs(&container, Some(options.build()));
        // Chunks need not end where lines do, and the two streams take turns.
        let mut buffers = [LineBuffer::default(), LineBuffer::default()];
        let ended = stream::once(async { None });
        chunks
            .map(Some)
            .chain(ended)
            .map(move |chunk| {
                let Some(chunk) = chunk else {
                    let rest = buffers.iter_mut().filter_map(LineBuffer::finish);
                    return rest.map(Ok).collect();
                };
                match found(chunk).during(|| format!("read the output of {container}")) {
                    Ok(Some(LogOutput::StdErr { message })) => buffers[1].feed(&message),
                    Ok(Some(output)) => buffers[0].feed(&output.into_bytes()),
                    Ok(None) => Vec::new(),
                    Err(error) => vec![Err(error)],
                }
            })
            .flat_map(stream::iter)
            .map(move |line| line.map(|line| LogLine::parse(&service, &line)))
            // The engine knows whole seconds only.
            .filter(move |line| {
                let time = line.as_ref().ok().and_then(|line| line.time);
                let early = time.is_some_and(|time| since.is_some_and(|since| time < since));
                async move { !early }
            })
            .boxed()
    }

    /// The output of a container and of what takes its place.
    fn followed(
        &self,
        service: String,
        container: String,
        request: LogRequest,
    ) -> BoxStream<'_, Result<LogLine, EngineError>> {
        let first = self.container_logs(&service, &container, &request);
        let state = (Some(first), request.since);
        stream::unfold(state, move |(lines, since)| {
            let (service, container) = (service.clone(), container.clone());
            async move {
                let mut lines = lines?;
                loop {
                    match lines.next().await {
                        Some(Ok(line)) => {
                            // The next container begins after the last line that was seen.
                            let after = line.time.map(|t| t + Duration::from_nanos(1));
                            return Some((Ok(line), (Some(lines), after.or(since))));
                        }
                        Some(Err(error)) => return Some((Err(error), (None, since))),
                        None => {}
                    }
                    self.until_running(&container).await;
                    let again = LogRequest {
                        follow: true,
                        since,
                        ..LogRequest::default()
                    };
                    lines = self.container_logs(&service, &container, &again);
                }
            }
        })
        .boxed()
    }

    /// Waits until a container of this name runs.
    async fn until_running(&self, container: &str) {
        loop {
            tokio::time::sleep(POLL).await;
            let inspected = self.docker.inspect_container(container, None).await;
            let state = inspected.ok().and_then(|inspected| inspected.state);
            if state.and_then(|state| state.running) == Some(true) {
                return;
            }
        }
    }
}

/// Puts lines together from chunks, which end anywhere.
#[derive(Default)]
struct LineBuffer {
    begun: Vec<u8>,
}

impl LineBuffer {
    /// The lines that end in `chunk`, without their ends.
    fn feed(&mut self, chunk: &[u8]) -> Vec<Result<String, EngineError>> {
        let mut lines = Vec::new();
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(part);
            if part.ends_with(b"\n") {
                lines.extend(self.finish().map(Ok));
            }
        }
        lines
    }

    fn finish(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.begun);
        let text = String::from_utf8_lossy(&line);
        (!line.is_empty()).then(|| text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_from_chunks() {
        let mut lines = LineBuffer::default();
        let mut seen = Vec::new();
        for chunk in ["on", "e\ntw", "o\r\n", "\n", "half"] {
            seen.extend(lines.feed(chunk.as_bytes()));
        }
        seen.extend(lines.finish().map(Ok));
        seen.extend(lines.finish().map(Ok));
        let texts: Vec<String> = seen.into_iter().map(Result::unwrap).collect();
        assert_eq!(texts, ["one", "two", "", "half"]);
    }

    #[test]
    fn the_time_is_taken_off_a_line() {
        let line = LogLine::parse("a", "2026-11-22T18:00:00.5Z text with spaces");
        assert_eq!(line.text, "text with spaces");
        assert_eq!(line.time.unwrap().as_millisecond() % 1000, 500);
        assert_eq!(LogLine::parse("a", "2026-11-22T18:00:00Z ").text, "");
        let line = LogLine::parse("a", "no time");
        assert_eq!((line.time, line.text.as_str()), (None, "no time"));
    }
}
