//! The pages as text and blocks of commands.

/// A command and what is printed after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub command: String,
    pub output: Vec<String>,
}

/// A block of commands that follow each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub steps: Vec<Step>,
}

#[derive(Debug)]
enum Part {
    Line(String),
    Block(Block),
}

/// A page; what it was read from is what [`Document::text`] gives.
#[derive(Debug)]
pub struct Document {
    parts: Vec<Part>,
}

const FENCE: &str = "```";

impl Document {
    /// # Panics
    /// If a fence is left open, or is of a kind that is not known.
    pub fn read(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            parts.push(Part::Line(line.to_owned()));
            let Some(kind) = line.strip_prefix(FENCE) else {
                continue;
            };
            let known = [
                "",
                "sh",
                "console",
                "console docker",
                "toml",
                "ini",
                "python",
                "sql",
            ];
            assert!(known.contains(&kind), "a block of kind {kind:?}");
            let mut inside = Vec::new();
            loop {
                let line = lines
                    .next()
                    .unwrap_or_else(|| panic!("a block is left open: {inside:?}"));
                if line == FENCE {
                    break;
                }
                assert!(!line.starts_with(FENCE), "a block within a block: {line}");
                inside.push(line.to_owned());
            }
            match kind {
                "console" => parts.push(Part::Block(Block::read(inside))),
                _ => parts.extend(inside.into_iter().map(Part::Line)),
            }
            parts.push(Part::Line(FENCE.to_owned()));
        }
        Self { parts }
    }

    pub fn blocks_mut(&mut self) -> impl Iterator<Item = &mut Block> {
        self.parts.iter_mut().filter_map(|part| match part {
            Part::Block(block) => Some(block),
            Part::Line(_) => None,
        })
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Line(line) => text.push_str(&format!("{line}\n")),
                Part::Block(block) => text.push_str(&block.text()),
            }
        }
        text
    }
}

impl Block {
    fn read(lines: Vec<String>) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for line in lines {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step {
                    command: command.to_owned(),
                    output: Vec::new(),
                }),
                (None, Some(step)) => step.output.push(line),
                (None, None) => panic!("output before a command: {line}"),
            }
        }
        Self { steps }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for Step { command, output } in &self.steps {
            text.push_str(&format!("$ {command}\n"));
            text.extend(output.iter().map(|line| format!("{line}\n")));
        }
        text
    }
}

#[test]
fn a_page_is_what_was_read() {
    let text = "# Title\n\n```sh\nmake\n```\n\n```console\n$ one\n1\n\n$ two | three\n```\nend\n";
    let mut document = Document::read(text);
    assert_eq!(document.text(), text);
    let blocks: Vec<_> = document.blocks_mut().map(|block| block.clone()).collect();
    let step = |command: &str, output: &[&str]| Step {
        command: command.to_owned(),
        output: output.iter().map(|line| (*line).to_owned()).collect(),
    };
    let steps = vec![step("one", &["1", ""]), step("two | three", &[])];
    assert_eq!(blocks, [Block { steps }]);
}

#[test]
#[should_panic(expected = "left open")]
fn a_block_that_is_left_open_is_refused() {
    Document::read("```console\n$ one\n\ntext\n");
}
