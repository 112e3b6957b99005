//! How a plan reads: what each stage would do, and the budget.

use super::layout;
use crate::amounts::{bytes, count};
use crate::plan::{ClusterInfo, Ground, Plan, Resource, Row};
use crate::text;
use owo_colors::OwoColorize;
use std::fmt::Write;
use wikisentry_driver::converge::{Change, Verb};

/// The view for people.
pub(super) fn view(plan: &Plan, size: &str, width: usize) -> String {
    let ground = match &plan.ground {
        Ground::Engine(engine) => format!(
            "size {size}; Docker {} at {}, {} of memory, {} cores",
            engine.version,
            engine.address,
            bytes(engine.memory_bytes),
            engine.cpus
        ),
        Ground::Cluster(cluster) => format!("size {size}; {}", of_cluster(cluster)),
    };
    let mut text = layout::folded(&ground, 2, width);
    for stage in &plan.stages {
        if stage.changes.is_empty() {
            continue;
        }
        _ = writeln!(text, "\n{}", stage.stage.title.bold());
        text.push_str(&changes(&stage.changes, width));
    }
    let rows: Vec<[String; 4]> = plan.budget.rows.iter().map(row).collect();
    text.push('\n');
    let header = ["budget", "needed", "available", ""];
    text.push_str(&layout::table(header, &rows, width));
    for growth in &plan.budget.growth {
        let (what, most, setting) = (&growth.what, bytes(growth.bytes), &growth.setting);
        let growth = format!("{what} may grow to {most} on disk: {setting} bounds each");
        _ = write!(text, "\n{}", layout::folded(&growth, 2, width));
    }
    for row in plan.budget.rows.iter().filter(|row| !row.fits) {
        let help = row.help.as_deref().unwrap_or("");
        let short = format!("{} {}: {help}", "short:".red().bold(), row.what);
        text.push_str(&layout::folded(&short, 2, width));
    }
    text
}

fn of_cluster(cluster: &ClusterInfo) -> String {
    let ClusterInfo {
        context,
        url,
        version,
        namespace,
        ..
    } = cluster;
    let nodes = cluster.nodes.zip(cluster.memory_bytes);
    let nodes = nodes.map_or(String::new(), |(nodes, memory)| {
        format!(", {nodes} nodes with {} for pods", bytes(memory))
    });
    text::harmless(&format!(
        "Kubernetes {version} at {url}, context {context}, namespace {namespace}{nodes}"
    ))
}

/// What is done, in lines; what is kept is counted, unless there is something to say about it.
fn changes(changes: &[Change], width: usize) -> String {
    let is_quiet = |change: &&Change| change.verb == Verb::Keep && change.detail.is_empty();
    let (kept, told): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(is_quiet);
    let mut text = String::new();
    for change in told {
        text.push_str(&item(&line(change), width));
    }
    if !kept.is_empty() {
        let kept = format!("keep {}", kinds(&kept));
        text.push_str(&item(&kept.dimmed().to_string(), width));
    }
    text
}

/// A line of a stage, its folded parts further in.
fn item(text: &str, width: usize) -> String {
    let lines = layout::folded(text, 2, width.saturating_sub(2));
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

fn line(change: &Change) -> String {
    let verb = format!("{:?}", change.verb).to_lowercase();
    let verb = match change.verb {
        // What is kept has a line of its own only if something is wrong with it.
        Verb::Remove | Verb::Recreate | Verb::Keep => verb.yellow().to_string(),
        Verb::Refuse => verb.red().bold().to_string(),
        _ => verb.green().to_string(),
    };
    let mut line = format!("{verb} {} {}", change.kind, change.name);
    if let Some(memory) = change.memory_bytes {
        _ = write!(line, ", at most {}", bytes(memory));
    }
    if let Some(disk) = change.disk_bytes {
        _ = write!(line, ", about {}", bytes(disk));
    }
    if !change.detail.is_empty() {
        _ = write!(line, ": {}", text::harmless(&change.detail));
    }
    line
}

/// `2 images, 3 containers`.
fn kinds(changes: &[&Change]) -> String {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for change in changes {
        match counts.iter_mut().find(|(kind, _)| *kind == change.kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((change.kind, 1)),
        }
    }
    let parts: Vec<String> = counts
        .into_iter()
        .map(|(kind, number)| {
            let plural = if number == 1 { "" } else { "s" };
            format!("{} {kind}{plural}", count(number))
        })
        .collect();
    parts.join(", ")
}

fn row(row: &Row) -> [String; 4] {
    let mark = if row.fits { "ok" } else { "SHORT" };
    let amount = |amount: u64| match row.resource {
        Resource::Memory | Resource::Disk => bytes(amount),
        Resource::Cpu | Resource::Port => amount.to_string(),
    };
    let (name, available) = match row.resource {
        Resource::Memory => ("memory".to_owned(), amount(row.available)),
        Resource::Disk => ("disk".to_owned(), amount(row.available)),
        Resource::Cpu => ("cores".to_owned(), amount(row.available)),
        Resource::Port => (format!("port {}", row.what), "-".to_owned()),
    };
    [
        name,
        amount(row.needed),
        available,
        format!("{mark}, {}", text::harmless(&row.detail)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_counted_and_told_of_if_there_is_something_to_say() {
        let kept = |name: &str| Change::new(Verb::Keep, "bucket", name);
        let all = [
            kept("a"),
            kept("b").because("made without object lock"),
            Change::new(Verb::Create, "user", "c"),
            kept("d"),
        ];
        let text = anstream::adapter::strip_str(&changes(&all, 80)).to_string();
        assert_eq!(
            text,
            "  keep bucket b: made without object lock\n  create user c\n  keep 2 buckets\n"
        );
    }
}
