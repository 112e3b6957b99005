//! Output of pods, by lines, with the times that the kubelet gave them: the lines are those of the
//! Docker driver, so that both are shown alike.

use super::connect::Kube;
use super::error::KubeError;
use super::request::Ask;
use crate::docker::LogLine;
use crate::manifests::{COMPONENT, Scope};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, SelectAll, StreamExt};
use http_body_util::BodyExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use std::collections::{HashSet, VecDeque};
use std::time::Duration;

/// How often new pods are looked for while output is followed.
const POLL: Duration = Duration::from_secs(1);

/// A longer line is cut here.
const LONGEST_LINE: usize = 1 << 20;

/// Which lines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodLogRequest {
    /// Of these components; empty for all.
    pub components: Vec<String>,
    /// Go on with new lines, also of pods that come later; only an error ends it.
    pub follow: bool,
    /// At most this many of the last lines of each container; `None` for all.
    pub tail: Option<u32>,
    /// Only lines of this time or later.
    pub since: Option<Timestamp>,
    /// Of the containers before those that run: what they wrote before they ended. Those that never
    /// ended have none. It is not followed.
    pub previous: bool,
}

/// Whose output is read.
#[derive(Debug, Clone)]
struct Source {
    namespace: String,
    pod: String,
    container: String,
    /// Name of the pod, with that of the container if it has several.
    title: String,
}

type Lines = BoxStream<'static, Result<LogLine, KubeError>>;

/// What the node gives as output of a container that it is just removing: one that ends again and again
/// has another one soon.
const GONE: &str = "unable to retrieve container logs for ";
/// How often it is asked then, and the time between.
const ATTEMPTS: usize = 5;
const PAUSE: Duration = Duration::from_secs(1);

impl Kube {
    /// Lines of the scope's pods in these namespaces as they come, those of one container in order.
    /// Each has the pod's name as its service, `pod/container` if it has several containers.
    ///
    /// # Errors
    /// If the pods cannot be listed.
    pub async fn logs(
        &self,
        scope: &Scope,
        namespaces: &[String],
        request: &PodLogRequest,
    ) -> Result<Lines, KubeError> {
        let mut followed = Followed {
            kube: self.clone(),
            selector: scope.selector(),
            namespaces: namespaces.to_vec(),
            request: request.clone(),
            seen: HashSet::new(),
        };
        let lines = stream::select_all(followed.new_streams(true).await?);
        if !request.follow || request.previous {
            return Ok(lines.boxed());
        }
        Ok(stream::unfold(Some((followed, lines)), |state| async {
            let (mut followed, mut lines) = state?;
            match followed.next(&mut lines).await {
                Ok(line) => Some((Ok(line), Some((followed, lines)))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed())
    }

    /// The last lines of a container: those it wrote before it ended last, if it did; none if the
    /// cluster does not give them.
    pub(super) async fn last_lines(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        count: u32,
    ) -> Vec<String> {
        let source = Source {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            container: container.to_owned(),
            title: pod.to_owned(),
        };
        for _ in 0..ATTEMPTS {
            let mut is_gone = false;
            for previous in [true, false] {
                let request = PodLogRequest {
                    tail: Some(count),
                    previous,
                    ..PodLogRequest::default()
                };
                let lines = self.lines(source.clone(), &request, false);
                let lines = lines.filter_map(|line| async { line.ok().map(|line| line.text) });
                let mut lines: Vec<String> = lines.collect().await;
                let all = lines.len();
                lines.retain(|line| !line.starts_with(GONE));
                is_gone |= lines.len() < all;
                if !lines.is_empty() {
                    return lines;
                }
            }
            if !is_gone {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Vec::new()
    }

    /// The output of one container.
    fn lines(&self, source: Source, request: &PodLogRequest, follow: bool) -> Lines {
        let Source {
            namespace,
            pod,
            container,
            title,
        } = source;
        let what = format!("show the output of {namespace}/{pod}");
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log");
        let mut ask = Ask::get(what.clone(), path)
            .with("container", &container)
            .with("timestamps", "true");
        if follow {
            ask = ask.with("follow", "true");
        }
        if request.previous {
            ask = ask.with("previous", "true");
        }
        if let Some(tail) = request.tail {
            ask = ask.with("tailLines", &tail.to_string());
        }
        let since = request.since;
        if let Some(since) = since {
            ask = ask.with("sinceTime", &since.to_string());
        }
        let kube = self.clone();
        let reading = Reading::Before(kube, ask);
        let chunks = stream::unfold((reading, what), |(reading, what)| async {
            let (chunk, reading) = reading.next(&what).await?;
            Some((chunk, (reading, what)))
        });
        let mut buffer = Vec::new();
        chunks
            .map(Some)
            .chain(stream::once(async { None }))
            .map(move |chunk| lines_of(&mut buffer, chunk))
            .flat_map(stream::iter)
            .map(move |line| line.map(|line| LogLine::parse(&title, &line)))
            // The kubelet knows whole seconds only.
            .filter(move |line| {
                let time = line.as_ref().ok().and_then(|line| line.time);
                let early = time.is_some_and(|time| since.is_some_and(|since| time < since));
                async move { !early }
            })
            .boxed()
    }
}

/// Pods whose output is followed.
struct Followed {
    kube: Kube,
    selector: String,
    namespaces: Vec<String>,
    request: PodLogRequest,
    /// Runs of containers that were opened: uid of the pod, container, restarts.
    seen: HashSet<(String, String, i32)>,
}

impl Followed {
    /// The next line; looks for new pods meanwhile.
    async fn next(&mut self, lines: &mut SelectAll<Lines>) -> Result<LogLine, KubeError> {
        loop {
            let look = tokio::time::sleep(POLL);
            if lines.is_empty() {
                look.await;
            } else {
                tokio::select! {
                    line = lines.next() => match line {
                        Some(line) => return line,
                        None => continue,
                    },
                    () = look => {}
                }
            }
            for stream in self.new_streams(false).await? {
                lines.push(stream);
            }
        }
    }

    /// The output of containers that were not opened yet. Of those that come later all is wanted.
    async fn new_streams(&mut self, is_first: bool) -> Result<Vec<Lines>, KubeError> {
        let pods = self
            .kube
            .list_pods(&self.selector, &self.namespaces)
            .await?;
        let mut opened = Vec::new();
        let components = self.request.components.clone();
        for pod in pods.iter().filter(|pod| is_wanted(pod, &components)) {
            for (status, source) in sources(pod) {
                let has_output = match self.request.previous {
                    true => status.restart_count > 0,
                    false => has_run(status),
                };
                let uid = pod.metadata.uid.clone().unwrap_or_default();
                let run = (uid, source.container.clone(), status.restart_count);
                if !has_output || !self.seen.insert(run) {
                    continue;
                }
                let request = PodLogRequest {
                    tail: self.request.tail.filter(|_| is_first),
                    ..self.request.clone()
                };
                let follow = request.follow && !request.previous;
                opened.push(self.kube.lines(source, &request, follow));
            }
        }
        Ok(opened)
    }
}

fn is_wanted(pod: &Pod, components: &[String]) -> bool {
    let labels = pod.metadata.labels.as_ref();
    let component = labels.and_then(|labels| labels.get(COMPONENT));
    components.is_empty() || component.is_some_and(|one| components.contains(one))
}

/// Whether a container has run at all: before, the API refuses to show its output.
fn has_run(status: &ContainerStatus) -> bool {
    let state = status.state.as_ref();
    let runs = state.is_some_and(|state| state.running.is_some() || state.terminated.is_some());
    runs || status.restart_count > 0
}

/// The containers of a pod, those first that run first.
fn sources(pod: &Pod) -> Vec<(&ContainerStatus, Source)> {
    let Some(status) = &pod.status else {
        return Vec::new();
    };
    let before = status.init_container_statuses.iter().flatten();
    let statuses: Vec<_> = before
        .chain(status.container_statuses.iter().flatten())
        .collect();
    let name = pod.metadata.name.clone().unwrap_or_default();
    let is_one = statuses.len() == 1;
    let source = |status: &ContainerStatus| Source {
        namespace: pod.metadata.namespace.clone().unwrap_or_default(),
        container: status.name.clone(),
        title: match is_one {
            true => name.clone(),
            false => format!("{name}/{}", status.name),
        },
        pod: name.clone(),
    };
    statuses
        .into_iter()
        .map(|status| (status, source(status)))
        .collect()
}

/// A response that is read piece by piece.
enum Reading {
    Before(Kube, Ask),
    During(Kube, kube::client::Body),
    After,
}

impl Reading {
    async fn next(self, what: &str) -> Option<(Result<Bytes, KubeError>, Self)> {
        let (kube, mut body) = match self {
            Self::After => return None,
            Self::During(kube, body) => (kube, body),
            Self::Before(kube, ask) => match kube.ask_stream(ask).await {
                Ok(response) => (kube, response.into_body()),
                // The pod or the container went away in the meantime.
                Err(KubeError::NotFound { .. }) => return None,
                Err(error) => return Some((Err(error), Self::After)),
            },
        };
        loop {
            match body.frame().await? {
                Ok(frame) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Some((Ok(bytes), Self::During(kube, body)));
                    }
                }
                Err(error) => {
                    tracing::debug!("{what}: {error}");
                    return None;
                }
            }
        }
    }
}

/// The lines that end in a chunk; after the last chunk what is left.
fn lines_of(
    buffer: &mut Vec<u8>,
    chunk: Option<Result<Bytes, KubeError>>,
) -> VecDeque<Result<String, KubeError>> {
    let mut lines = VecDeque::new();
    let mut finish = |buffer: &mut Vec<u8>| {
        let line = std::mem::take(buffer);
        let text = String::from_utf8_lossy(&line);
        lines.push_back(Ok(text.trim_end_matches(['\r', '\n']).to_owned()));
    };
    match chunk {
        Some(Ok(bytes)) => {
            for part in bytes.split_inclusive(|byte| *byte == b'\n') {
                let room = LONGEST_LINE.saturating_sub(buffer.len());
                buffer.extend_from_slice(&part[..part.len().min(room)]);
                if part.ends_with(b"\n") {
                    finish(buffer);
                }
            }
        }
        Some(Err(error)) => lines.push_back(Err(error)),
        None if buffer.is_empty() => {}
        None => finish(buffer),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_from_chunks_and_have_a_bound() {
        let mut buffer = Vec::new();
        let mut lines = Vec::new();
        let long = "x".repeat(LONGEST_LINE + 5);
        for chunk in [
            "2026-12-01T03:00:00Z on",
            "e\ntw",
            "o\r\n",
            "\n",
            &long,
            "y\nhalf",
        ] {
            let chunk = Bytes::copy_from_slice(chunk.as_bytes());
            lines.extend(lines_of(&mut buffer, Some(Ok(chunk))));
            assert!(buffer.len() <= LONGEST_LINE);
        }
        lines.extend(lines_of(&mut buffer, None));
        lines.extend(lines_of(&mut buffer, None));
        let lines: Vec<String> = lines.into_iter().map(Result::unwrap).collect();
        let [one, two, empty, cut, half] = &lines[..] else {
            panic!("{} lines", lines.len());
        };
        assert_eq!(
            (two.as_str(), empty.as_str(), half.as_str()),
            ("two", "", "half")
        );
        assert_eq!(cut.len(), LONGEST_LINE);
        let line = LogLine::parse("pod", one);
        assert_eq!((line.service.as_str(), line.text.as_str()), ("pod", "one"));
        assert_eq!(line.time, "2026-12-01T03:00:00Z".parse().ok());
    }
}
