//! Conversions: no manifest panics, and what a conversion writes is a valid document, in each form.

use tool::convert::note::Note;
use tool::convert::wrap::{self, Target};
use tool::convert::{From, convert};
use tool::source::{Source, find};

/// Converts the input, with dangerous rules and without.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let source = Source::new("text", text);
    for keep_dangerous in [false, true] {
        let Ok(converted) = convert(std::slice::from_ref(&source), From::Auto, keep_dangerous) else { continue };
        let document = converted.document.to_value().to_string();
        if let Err(problems) = document::load(document.as_bytes()) {
            panic!("{document}: {}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        }
        let lines = text.lines().count().max(1);
        for note in &converted.notes {
            assert!((1..=lines).contains(&note.place.line), "line {} of {lines}", note.place.line);
            assert!(!Note::to_json(note).is_null());
        }
        for target in [Target::WasmPlugin, Target::EnvoyExtensionPolicy, Target::Envoy] {
            let written = wrap::write(&converted.document, target);
            let found = find::documents(&Source::new("text.yaml", &written));
            let found = found.unwrap_or_else(|error| panic!("{written}: {error:?}")).documents;
            assert_eq!(found.len(), 1, "{written}");
            let read: serde_json::Value = serde_json::from_slice(&found[0].bytes).expect("JSON");
            assert_eq!(read, converted.document.to_value(), "{written}");
        }
    }
}
