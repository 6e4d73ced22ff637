//! The CycloneDX document.

use crate::cargo::{Crate, Id};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The document about the crates of a package, which are one of its version and those that it uses.
pub fn document(
    crates: &BTreeMap<Id, Crate>,
    package: &str,
    target: &str,
    created: &str,
) -> Result<Value, &'static str> {
    let (own, described) = crates.iter().find(|((name, _), _)| name == package).ok_or("is not among its own crates")?;
    let others = crates.iter().filter(|(id, _)| *id != own);
    let dependencies = crates.iter().map(|(id, found)| {
        json!({ "ref": reference(id), "dependsOn": found.uses.iter().map(reference).collect::<Vec<_>>() })
    });
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": created,
            "component": component(own, described, "application"),
            "properties": [{ "name": "cdx:rustc:sbom:target:triple", "value": target }]
        },
        "components": others.map(|(id, found)| component(id, found, "library")).collect::<Vec<_>>(),
        "dependencies": dependencies.collect::<Vec<_>>()
    }))
}

fn reference((name, version): &Id) -> String {
    format!("{name}@{version}")
}

fn component(id: &Id, described: &Crate, kind: &str) -> Value {
    let mut component = json!({
        "type": kind, "bom-ref": reference(id), "name": id.0, "version": id.1, "scope": "required"
    });
    if let Some(members) = component.as_object_mut() {
        if let Some(description) = &described.description {
            members.insert("description".to_owned(), json!(description.trim()));
        }
        if let Some(license) = &described.license {
            // The separator of old crates, which SPDX does not know.
            let license = license.replace('/', " OR ");
            members.insert("licenses".to_owned(), json!([{ "expression": license }]));
        }
        // Crates of this repository are in no registry: others may have their names there.
        if let Some(checksum) = &described.checksum {
            let version = id.1.replace('+', "%2B");
            members.insert("purl".to_owned(), json!(format!("pkg:cargo/{}@{version}", id.0)));
            members.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": checksum }]));
        }
    }
    component
}
