//! Writes the built module as an OCI image layout, without a container daemon: the "compat" variant of the Wasm image
//! specification (solo-io/wasm, `spec/README-compat.md`), which Istio and Envoy Gateway pull. It has one gzip layer that
//! holds `plugin.wasm` and nothing else.
//!
//!     image <module> <layout folder> <version> <seconds since 1970> <address of the sources>
//!
//! The same arguments give the same bytes on every machine: the time comes from the caller, the compressor is pinned by
//! Cargo.lock, and nothing else depends on the machine.

use flate2::{Compression, GzBuilder};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Istio and Envoy Gateway look for this name.
const PLUGIN: &str = "plugin.wasm";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, layout, version, created, source] = arguments.as_slice() else {
        eprintln!("usage: image <module> <layout folder> <version> <seconds since 1970> <address of the sources>");
        return ExitCode::from(2);
    };
    match write_image(Path::new(module), Path::new(layout), version, created, source) {
        Ok(digest) => {
            println!("{layout}: {digest}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("image: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the layout; returns the digest of the manifest, which is what `oci://` references pin.
fn write_image(
    module: &Path,
    layout: &Path,
    version: &str,
    created: &str,
    source: &str,
) -> Result<String, Box<dyn Error>> {
    let module = fs::read(module).map_err(|error| format!("{}: {error}", module.display()))?;
    let created = jiff::Timestamp::from_second(created.parse()?)?.to_string();
    let annotations = annotations(version, &created, source);
    if layout.exists() {
        fs::remove_dir_all(layout)?;
    }
    let blobs = Blobs { folder: layout.join("blobs/sha256") };
    fs::create_dir_all(&blobs.folder)?;

    let archive = archive(&module)?;
    let layer = blobs.write(LAYER, &compress(&archive)?)?;
    let config = json!({
        "created": created,
        // Nothing runs this image, and agents take the module from an image of any platform. This one is what a build
        // from a Dockerfile says, so that tools which mirror images by platform find it.
        "architecture": "amd64",
        "os": "linux",
        "config": { "Labels": annotations },
        "rootfs": { "type": "layers", "diff_ids": [digest(&archive)] },
        "history": [{ "created": created, "created_by": "make image", "comment": PLUGIN }]
    });
    let config = blobs.write(CONFIG, &serde_json::to_vec(&config)?)?;
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer], "annotations": annotations
    });
    let manifest = serde_json::to_vec(&manifest)?;
    let mut entry = blobs.write(MANIFEST, &manifest)?;
    entry.insert("annotations".to_owned(), json!({ "org.opencontainers.image.ref.name": version }));
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] });
    fs::write(layout.join("index.json"), serde_json::to_vec(&index)?)?;
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    Ok(digest(&manifest))
}

/// What registries and Artifact Hub show of the image, and the mark of the variant.
fn annotations(version: &str, created: &str, source: &str) -> Map<String, Value> {
    let readme = format!("{source}/blob/v{version}/README.md");
    let texts = [
        ("io.artifacthub.package.category", "networking"),
        ("io.artifacthub.package.keywords", "cors,envoy,istio,wasm"),
        ("io.artifacthub.package.license", "Apache-2.0"),
        ("io.artifacthub.package.readme-url", readme.as_str()),
        ("module.wasm.image/variant", "compat"),
        ("org.opencontainers.image.created", created),
        (
            "org.opencontainers.image.description",
            "A complete and safe CORS policy for Envoy and Istio, as a Wasm module",
        ),
        ("org.opencontainers.image.documentation", readme.as_str()),
        ("org.opencontainers.image.licenses", "Apache-2.0"),
        ("org.opencontainers.image.source", source),
        ("org.opencontainers.image.title", "envoy-cors"),
        ("org.opencontainers.image.url", source),
        ("org.opencontainers.image.vendor", "envoy-cors"),
        ("org.opencontainers.image.version", version),
    ];
    texts.into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect()
}

/// An archive of the module alone, as a copy into an empty image makes one; owner and time are nobody's.
fn archive(module: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut header = tar::Header::new_ustar();
    header.set_size(module.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, PLUGIN, module)?;
    archive.into_inner()
}

fn compress(archive: &[u8]) -> std::io::Result<Vec<u8>> {
    // No time and no name of a system in the head: both would change the bytes.
    let mut reader = GzBuilder::new().mtime(0).operating_system(255).read(archive, Compression::best());
    let mut compressed = Vec::new();
    std::io::copy(&mut reader, &mut compressed)?;
    Ok(compressed)
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The content-addressed files of a layout.
struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    /// Writes a file; returns its descriptor.
    fn write(&self, media_type: &str, bytes: &[u8]) -> std::io::Result<Map<String, Value>> {
        let digest = digest(bytes);
        fs::write(self.folder.join(digest.trim_start_matches("sha256:")), bytes)?;
        let descriptor = [("mediaType", json!(media_type)), ("digest", json!(digest)), ("size", json!(bytes.len()))];
        Ok(descriptor.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
