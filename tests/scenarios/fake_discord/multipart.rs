//! Reads a request body: JSON, or a form with `payload_json` and `files[n]` (RFC 7578).
//!
//! No other kinds of body, and no meaning of what was read.

use serde_json::Value;

type Body = (Value, Vec<(String, Vec<u8>)>);

/// The JSON (null for an empty body) and the uploaded files, or why it cannot be read.
pub fn read(content_type: &str, body: &[u8]) -> Result<Body, String> {
    if let Some((_, boundary)) = content_type.split_once("boundary=") {
        return read_form(boundary.trim_matches('"'), body);
    }
    if body.is_empty() {
        return Ok((Value::Null, Vec::new()));
    }
    let json = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
    Ok((json, Vec::new()))
}

fn read_form(boundary: &str, body: &[u8]) -> Result<Body, String> {
    let mut json = Value::Null;
    let mut files = Vec::new();
    let delimiter = format!("--{boundary}");
    let mut rest = after(body, delimiter.as_bytes()).ok_or("a form without its boundary")?;
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, format!("\r\n{delimiter}").as_bytes()).ok_or("a part without an end")?;
        let (part, tail) = part.split_at(end);
        rest = &tail[delimiter.len() + 2..];
        let header_end = find(part, b"\r\n\r\n").ok_or("a part without headers")?;
        let headers = String::from_utf8_lossy(&part[..header_end]).into_owned();
        let content = &part[header_end + 4..];
        let name = quoted(&headers, " name=\"").ok_or("a part without a name")?;
        if name == "payload_json" {
            json = serde_json::from_slice(content).map_err(|error| format!("payload_json: {error}"))?;
        } else if name.starts_with("files[") {
            let file = quoted(&headers, "filename=\"").ok_or("a file without a name")?;
            files.push((file, content.to_vec()));
        } else {
            return Err(format!("an unknown part {name:?}"));
        }
    }
    Ok((json, files))
}

fn quoted(headers: &str, before: &str) -> Option<String> {
    let (_, rest) = headers.split_once(before)?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    find(bytes, wanted).map(|at| &bytes[at + wanted.len()..])
}
