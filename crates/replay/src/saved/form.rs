//! In which form events were saved: the first line tells.

use super::Chunk;
use super::lines::LineCutter;
use super::sse::SseCutter;
use super::values::ValueCutter;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a line of an event stream begins with, see
/// <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
const SSE_FIELDS: [&[u8]; 5] = [b"data:", b"event:", b"id:", b"retry:", b":"];

pub(super) enum Form {
    /// An event a line.
    Lines(LineCutter),
    /// The text of the feed.
    Sse(SseCutter),
    /// An array, or objects over several lines.
    Values(ValueCutter),
}

pub(super) enum Told {
    Form(Form),
    /// More of the input is needed.
    NotYet,
}

impl Form {
    /// Tells the form, and removes what comes before the first line.
    pub fn of(input: &mut Vec<u8>, ended: bool) -> Told {
        if !ended && input.len() < BYTE_ORDER_MARK.len() {
            return Told::NotYet;
        }
        if input.starts_with(BYTE_ORDER_MARK) {
            input.drain(..BYTE_ORDER_MARK.len());
        }
        let blank = input.iter().take_while(|byte| byte.is_ascii_whitespace());
        let first = blank.count();
        let text = &input[first..];
        let line = memchr::memchr(b'\n', text).map(|end| &text[..end]);
        let told = match text {
            [b'[', ..] => Some(Form::Values(ValueCutter::default())),
            [b'{', ..] => {
                let rest = &text[1..line.map_or(text.len(), <[u8]>::len)];
                let is_alone = rest.iter().all(u8::is_ascii_whitespace);
                match line {
                    None if is_alone && !ended => None,
                    Some(_) if is_alone => Some(Form::Values(ValueCutter::default())),
                    _ => Some(Form::Lines(LineCutter::default())),
                }
            }
            _ if SSE_FIELDS.iter().any(|field| text.starts_with(field)) => {
                Some(Form::Sse(SseCutter::default()))
            }
            _ => {
                let may_be_one = SSE_FIELDS.iter().any(|field| field.starts_with(text));
                let is_open = line.is_none() && may_be_one;
                (ended || !is_open).then(|| Form::Lines(LineCutter::default()))
            }
        };
        match told {
            Some(form) => {
                // However the input comes, the first line begins with its first mark.
                input.drain(..first);
                Told::Form(form)
            }
            None => {
                // Blanks without end are not kept, but for the place of a byte order mark.
                input.drain(..first.saturating_sub(BYTE_ORDER_MARK.len()));
                Told::NotYet
            }
        }
    }

    /// Cuts the events that are whole out of the input.
    pub fn cut(&mut self, input: &mut Vec<u8>, ended: bool, limit: usize) -> Chunk {
        match self {
            Form::Lines(cutter) => cutter.cut(input, ended, limit),
            Form::Sse(cutter) => cutter.cut(input, ended, limit),
            Form::Values(cutter) => cutter.cut(input, ended, limit),
        }
    }
}
