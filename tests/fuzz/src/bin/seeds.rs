//! Writes the seeds of every target to a folder each: `seeds FOLDER`.

use std::path::PathBuf;
use targets::seeds::Seeds;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    let seeds = Seeds::all();
    for (target, _) in targets::TARGETS {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder)?;
        for (number, (bytes, _)) in seeds.of(target).enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), bytes)?;
        }
    }
    Ok(())
}
