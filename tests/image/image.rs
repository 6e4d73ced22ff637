//! The OCI image: its bytes, pushing it to and pulling it from a real registry, and the equivalent Dockerfile.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use flate2::read::GzDecoder;
use kit::client;
use kit::process::{Running, free_port};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

const CREATED: &str = "1700000000";

fn write_image(layout: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_image"))
        .args([kit::module_path().as_os_str(), layout.as_os_str()])
        .args(["0.1.0", CREATED, "https://example.com/envoy-cors"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().rsplit_once(": ").unwrap().1.to_owned()
}

/// The files of a layout, by their path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            files.extend(self::files(&entry.path()).into_iter().map(|(path, bytes)| (format!("{name}/{path}"), bytes)));
        } else {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    files
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names and contents of a layer; builders compress it when they push it, or before.
fn unpack(layer: &[u8]) -> Vec<(String, Vec<u8>)> {
    let reader: Box<dyn Read> =
        if layer.starts_with(b"\x1f\x8b") { Box::new(GzDecoder::new(layer)) } else { Box::new(layer) };
    let mut archive = tar::Archive::new(reader);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), bytes)
    });
    entries.collect()
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error} (`make test` installs it)"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_same_module_gives_the_same_bytes_twice() {
    let folder = kit::envoy::new_folder();
    let (first, second) = (folder.join("first"), folder.join("second"));
    assert_eq!(write_image(&first), write_image(&second));
    assert_eq!(files(&first), files(&second));
    let files = files(&first);
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("blobs/")) {
        assert_eq!(path.rsplit('/').next().unwrap(), sha256(bytes), "{path}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Pulls as Istio's agent does: the manifest by tag, a check of its digest, then the only layer, from which it takes
/// the file `plugin.wasm`.
#[test]
fn a_registry_accepts_the_image_and_an_agent_pulls_the_module_from_it() {
    let folder = kit::envoy::new_folder();
    let layout = folder.join("image");
    let digest = write_image(&layout);
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let config = folder.join("registry.yml");
    let storage = folder.join("storage");
    let text = format!(
        "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '{address}'}}\n",
        storage.display()
    );
    std::fs::write(&config, text).unwrap();
    let _registry = Running::start(Command::new("docker-registry").arg("serve").arg(&config), address);
    let (from, to) = (format!("oci:{}", layout.display()), format!("docker://{address}/envoy-cors:0.1.0"));
    run("skopeo", &["copy", "--insecure-policy", "--dest-tls-verify=false", "--preserve-digests", &from, &to]);

    let accept = [("accept", "application/vnd.oci.image.manifest.v1+json")];
    let pulled = client::get(address, "GET", "/v2/envoy-cors/manifests/0.1.0", &accept);
    assert_eq!(pulled.status, 200);
    assert_eq!(format!("sha256:{}", sha256(&pulled.body)), digest);
    let manifest: Value = serde_json::from_slice(&pulled.body).unwrap();
    let annotations = manifest["annotations"].as_object().unwrap();
    assert_eq!(annotations["module.wasm.image/variant"], "compat");
    for name in ["created", "description", "documentation", "licenses", "source", "title", "vendor", "version"] {
        assert!(annotations.contains_key(&format!("org.opencontainers.image.{name}")), "{name}");
    }
    assert!(annotations.contains_key("io.artifacthub.package.readme-url"));
    let [layer] = manifest["layers"].as_array().unwrap().as_slice() else { panic!("one layer: {manifest}") };
    assert_eq!(layer["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
    let blob = client::get(address, "GET", &format!("/v2/envoy-cors/blobs/{}", layer["digest"].as_str().unwrap()), &[]);
    assert_eq!(format!("sha256:{}", sha256(&blob.body)), layer["digest"]);
    let module = std::fs::read(kit::module_path()).unwrap();
    assert!(unpack(&blob.body) == [("plugin.wasm".to_owned(), module)], "the layer contains only the module");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_dockerfile_gives_a_layer_of_the_same_content() {
    let folder = kit::envoy::new_folder();
    let path = |name: &str| folder.join(name).display().to_string();
    let (root, state, image) = (path("root"), path("run"), format!("oci:{}:test", path("image")));
    let (file, context) = (kit::repository("envoy/Dockerfile"), kit::repository(""));
    let (file, context) = (file.display().to_string(), context.display().to_string());
    let storage = ["--root", &root, "--runroot", &state, "--storage-driver", "vfs"];
    let build = ["build", "--isolation", "chroot", "--file", &file, "--tag", &image, &context];
    run("buildah", &[storage.as_slice(), &build].concat());
    let files = files(Path::new(&path("image")));
    let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
    let blob =
        |descriptor: &Value| &files[&format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"))];
    let manifest: Value = serde_json::from_slice(blob(&index["manifests"][0])).unwrap();
    let [layer] = manifest["layers"].as_array().unwrap().as_slice() else { panic!("one layer: {manifest}") };
    let module = std::fs::read(kit::module_path()).unwrap();
    assert!(unpack(blob(layer)) == [("plugin.wasm".to_owned(), module)]);
    run("buildah", &[storage.as_slice(), &["rmi", "--all", "--force"]].concat());
    std::fs::remove_dir_all(folder).unwrap();
}
