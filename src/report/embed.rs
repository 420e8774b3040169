//! A result within a report: how its file is shown, by its name's ending and by what
//! it holds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// A larger file is not put into the page.
pub const MOST_BYTES: usize = 32 << 20;
/// A longer table or text is cut.
const MOST_LINES: usize = 500;

/// What the page shows of a file.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Embedded {
    /// How: `image`, `pdf`, `page`, `table`, `text`, `file`, `link`, `missing`.
    kind: &'static str,
    /// All of it, as a URI.
    data: Option<String>,
    text: Option<String>,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    /// How many lines are not shown.
    left_out: usize,
}

/// Shows a file of this name; without content it is not there, or it is too large.
pub fn embed(path: &str, content: Option<Vec<u8>>) -> Embedded {
    let Some(bytes) = content else { return Embedded { kind: "missing", ..Embedded::default() } };
    if bytes.len() > MOST_BYTES {
        return Embedded { kind: "link", ..Embedded::default() };
    }
    let (kind, mime) = kind_of(path);
    let data = Some(format!("data:{mime};base64,{}", STANDARD.encode(&bytes)));
    let plain = Embedded { kind, data, ..Embedded::default() };
    match (kind, String::from_utf8(bytes)) {
        ("table", Ok(text)) => table(path, &text, plain),
        ("page", Ok(text)) => Embedded { text: Some(text), ..plain },
        ("text" | "file", Ok(text)) if !text.contains('\0') => cut(&text, plain),
        ("image" | "pdf", _) => plain,
        _ => Embedded { kind: "file", ..plain },
    }
}

fn kind_of(path: &str) -> (&'static str, &'static str) {
    match path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("png") => ("image", "image/png"),
        Some("jpg" | "jpeg") => ("image", "image/jpeg"),
        Some("gif") => ("image", "image/gif"),
        Some("svg") => ("image", "image/svg+xml"),
        Some("webp") => ("image", "image/webp"),
        Some("pdf") => ("pdf", "application/pdf"),
        Some("html" | "htm") => ("page", "text/html"),
        Some("csv" | "tsv") => ("table", "text/plain"),
        Some("txt" | "md" | "rst" | "log" | "json" | "yaml" | "yml") => ("text", "text/plain"),
        _ => ("file", "application/octet-stream"),
    }
}

fn table(path: &str, text: &str, plain: Embedded) -> Embedded {
    let delimiter = if path.to_ascii_lowercase().ends_with(".tsv") { b'\t' } else { b',' };
    let reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let rows = reader.into_records().map_while(Result::ok);
    let mut rows: Vec<Vec<String>> = rows.map(|row| row.iter().map(str::to_owned).collect()).collect();
    if rows.is_empty() {
        return cut(text, plain);
    }
    let head = rows.remove(0);
    let left_out = rows.len().saturating_sub(MOST_LINES);
    rows.truncate(MOST_LINES);
    Embedded { head, rows, left_out, ..plain }
}

fn cut(text: &str, plain: Embedded) -> Embedded {
    let left_out = text.lines().count().saturating_sub(MOST_LINES);
    let shown: Vec<&str> = text.lines().take(MOST_LINES).collect();
    Embedded { kind: "text", text: Some(shown.join("\n")), left_out, ..plain }
}

#[cfg(test)]
mod tests {
    use super::embed;

    #[test]
    fn a_file_is_shown_as_what_it_is() {
        let of = |path: &str, bytes: &[u8]| embed(path, Some(bytes.to_vec()));
        let table = of("a.TSV", b"x\ty\n1\t2\n");
        assert_eq!(
            (table.kind, table.head, table.rows),
            ("table", vec!["x".into(), "y".into()], vec![vec!["1".into(), "2".into()]])
        );
        assert_eq!(of("a.png", b"\x89").data.as_deref(), Some("data:image/png;base64,iQ=="));
        assert_eq!(of("a", b"words\n").text.as_deref(), Some("words"));
        assert_eq!(of("a", b"\xff").kind, "file");
        assert_eq!(of("a.csv", b"\xff").kind, "file");
        assert_eq!(embed("a", None).kind, "missing");
        assert_eq!(of("a.log", "x\n".repeat(502).as_bytes()).left_out, 2);
    }
}
