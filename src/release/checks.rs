//! What has to hold for each file of a release.

use flate2::read::GzDecoder;
use object::elf::{FileHeader64, PT_INTERP};
use object::read::elf::{FileHeader, ProgramHeader};
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use wasmparser::{Parser, Payload};

/// The header that traps a module which is built for tests/failure.rs.
const TRAP: &[u8] = b"x-envoy-cors-test-trap";

/// The command line: one file that runs on every Linux of its architecture.
pub fn tool(path: &Path, version: &str) -> Result<(), String> {
    let bytes = read(path)?;
    if is_dynamic(&bytes).map_err(|error| format!("not a 64-bit ELF program: {error}"))? {
        return Err("needs a dynamic linker, so it is not static: build it for a musl target".to_owned());
    }
    let output = Command::new(path).arg("--version").output().map_err(|error| format!("does not run: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    expect("`--version` prints", printed.trim_end(), &format!("envoy-cors {version}"))
}

fn is_dynamic(bytes: &[u8]) -> object::Result<bool> {
    let header = FileHeader64::<object::Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    Ok(header.program_headers(endian, bytes)?.iter().any(|segment| segment.p_type(endian) == PT_INTERP))
}

/// The module: of this version, and without the trap of the tests.
pub fn module(path: &Path, version: &str) -> Result<(), String> {
    let bytes = read(path)?;
    let mut own = None;
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::CustomSection(section) = payload.map_err(|error| format!("not a Wasm module: {error}"))?
            && section.name() == "envoy-cors"
        {
            own = Some(String::from_utf8_lossy(section.data()).into_owned());
        }
    }
    expect("the section `envoy-cors` holds", own.as_deref().unwrap_or("nothing"), version)?;
    if bytes.windows(TRAP.len()).any(|window| window == TRAP) {
        return Err("is a test build that any client can trap: build it without features".to_owned());
    }
    Ok(())
}

/// A bill of materials: CycloneDX, of this version, and not empty.
pub fn sbom(path: &Path, version: &str) -> Result<(), String> {
    let bom: Value = serde_json::from_slice(&read(path)?).map_err(|error| format!("not JSON: {error}"))?;
    expect("`bomFormat` is", text(&bom, "/bomFormat"), "CycloneDX")?;
    expect("`metadata.component.version` is", text(&bom, "/metadata/component/version"), version)?;
    match bom.pointer("/components").and_then(Value::as_array) {
        Some(components) if !components.is_empty() => Ok(()),
        _ => Err("lists no crates".to_owned()),
    }
}

/// The image: of this version, and of the module next to it.
pub fn image(path: &Path, version: &str) -> Result<(), String> {
    let archive = read(path)?;
    let unreadable = |what: &str| format!("no OCI archive: {what} is missing or cannot be read");
    let json = |name: &str| -> Option<Value> { serde_json::from_slice(&entry(archive.as_slice(), name)?).ok() };
    let blob = |digest: &str| format!("blobs/{}", digest.replace(':', "/"));

    let index = json("index.json").ok_or_else(|| unreadable("index.json"))?;
    let tag = "/manifests/0/annotations/org.opencontainers.image.ref.name";
    expect("the image's tag is", text(&index, tag), version)?;
    let manifest = json(&blob(text(&index, "/manifests/0/digest"))).ok_or_else(|| unreadable("the manifest"))?;
    let layer = blob(text(&manifest, "/layers/0/digest"));
    let layer = entry(archive.as_slice(), &layer).ok_or_else(|| unreadable("the layer"))?;
    let plugin = entry(GzDecoder::new(layer.as_slice()), "plugin.wasm").ok_or_else(|| unreadable("plugin.wasm"))?;
    if plugin != read(&path.with_file_name("envoy-cors.wasm"))? {
        return Err("holds another module than envoy-cors.wasm".to_owned());
    }
    Ok(())
}

/// The content of a file in an archive.
fn entry(archive: impl Read, name: &str) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(archive);
    let mut entries = archive.entries().ok()?.filter_map(Result::ok);
    let mut found = entries.find(|entry| entry.path().is_ok_and(|path| path == Path::new(name)))?;
    let mut bytes = Vec::new();
    found.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| error.to_string())
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("nothing")
}

fn expect(what: &str, found: &str, expected: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} {found:?}, expected {expected:?}")) }
}
