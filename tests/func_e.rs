//! Running under func-e: `make run ENVOY="func-e run"`, and plain `func-e run -c envoy/envoy.yaml`. The stand-in
//! `kit/func-e` treats Envoy's arguments and output as func-e does, and downloads nothing.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::envoy::{self, Envoy};
use kit::process::family;
use kit::sample;
use serde_json::json;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The Envoy that func-e is to run: the one of the other tests, found through a func-e where that is how they run it.
fn envoy_path() -> String {
    let words = envoy::command();
    if words.last().is_some_and(|word| word == "run") {
        let which = Command::new(&words[0]).arg("which").output().unwrap();
        return String::from_utf8(which.stdout).unwrap().trim().to_owned();
    }
    words[0].clone()
}

fn stand_in() -> PathBuf {
    kit::repository("tests/kit/func-e").canonicalize().unwrap()
}

/// PATH with the stand-in as `func-e`.
fn path() -> OsString {
    let mut folders = vec![stand_in().parent().unwrap().to_owned()];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    std::env::join_paths(folders).unwrap()
}

/// The only thing that the tests add to a command: otherwise only one Envoy could run on a machine at a time.
const ALONE: &str = "--disable-hot-restart";

/// A folder with the files of a checkout that the commands use, and free ports in `envoy/envoy.yaml`.
struct Checkout(PathBuf);

impl Checkout {
    fn new() -> Self {
        let folder = envoy::new_folder().canonicalize().unwrap();
        std::fs::create_dir_all(folder.join("envoy")).unwrap();
        for name in ["Makefile", "dist", "envoy/lab", "envoy/demo.txt"] {
            let target = kit::repository(name).canonicalize().unwrap();
            std::os::unix::fs::symlink(target, folder.join(name)).unwrap();
        }
        let mut config = sample::yaml("envoy/envoy.yaml");
        sample::free_ports(&mut config);
        // JSON is YAML.
        std::fs::write(folder.join("envoy/envoy.yaml"), config.to_string()).unwrap();
        Checkout(folder)
    }

    /// A command in this folder, which also contains func-e's folders.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(&self.0).env("PATH", path()).env("ENVOY_PATH", envoy_path());
        for name in ["CONFIG_HOME", "DATA_HOME", "STATE_HOME", "RUNTIME_DIR"] {
            command.env(format!("FUNC_E_{name}"), self.0.join(name));
        }
        command.env("FUNC_E_RUN_ID", "test").env_remove("FUNC_E_HOME").env_remove("ENVOY").env_remove("MAKEFLAGS");
        command
    }

    fn run(&self, words: &[&str]) -> Running<'_> {
        let log = std::fs::File::create(self.0.join("log")).unwrap();
        let mut command = self.command(words);
        command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Running { process: command.spawn().unwrap(), checkout: self }
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.join(path)).unwrap_or_default()
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// A command with an Envoy below it.
struct Running<'a> {
    process: Child,
    checkout: &'a Checkout,
}

impl Running<'_> {
    fn wait_for<T>(&mut self, what: &str, mut get: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(value) = get(self) {
                return value;
            }
            assert!(Instant::now() < deadline, "not in time: {what}\n{}", self.checkout.read("log"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The admin's address, which func-e lets Envoy write into a file.
    fn admin(&mut self) -> SocketAddr {
        self.wait_for("the admin's address", |running| {
            let address: SocketAddr =
                running.checkout.read("RUNTIME_DIR/test/admin-address.txt").trim().parse().ok()?;
            let host = [(b"host".to_vec(), b"admin".to_vec())];
            let ready = client::try_send(address, "GET", "/ready", &host)?;
            (ready.status == 200).then_some(address)
        })
    }

    /// The demo answers a preflight as the README shows.
    fn check_demo(&mut self) {
        let listeners = client::get(self.admin(), "GET", "/listeners", &[]).text();
        let api = listeners.lines().find_map(|line| line.strip_prefix("api::")).unwrap();
        let preflight = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
        let response = client::get(api.trim().parse().unwrap(), "OPTIONS", "/api/hello", &preflight);
        assert_eq!(response.status, 204);
        assert_eq!(response.header("access-control-allow-origin").as_deref(), Some("https://app.example.com"));
    }

    /// Sends what Ctrl-C sends to all processes in the foreground, and checks that none is left.
    fn interrupt(mut self) -> Option<i32> {
        let processes = family(self.process.id()).unwrap();
        assert!(processes.len() >= 2, "func-e and Envoy: {processes:?}");
        let group = format!("-{}", self.process.id());
        assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
        let status = self.wait_for("the end", |running| running.process.try_wait().unwrap());
        for process in processes {
            self.wait_for("the end of all", |_| (!is_running(process)).then_some(()));
        }
        status.code()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.process.wait();
    }
}

/// A process that has ended stays as a zombie until its parent waits for it.
fn is_running(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

#[test]
fn func_e_run_with_the_demo_s_file_works() {
    let checkout = Checkout::new();
    let mut running = checkout.run(&["func-e", "run", "-c", "envoy/envoy.yaml", ALONE]);
    running.check_demo();
    running.wait_for("func-e's copy of the configuration", |running| {
        running.checkout.read("STATE_HOME/envoy-runs/test/config_dump.json").contains("envoy-cors").then_some(())
    });
    assert_eq!(running.interrupt(), Some(0));
    assert!(checkout.read("log").contains("envoy-cors 0.1.0"), "{}", checkout.read("log"));
    assert!(checkout.read("STATE_HOME/envoy-runs/test/stderr.log").contains("envoy-cors 0.1.0"));
}

#[test]
fn make_run_takes_func_e_as_given_and_from_path() {
    // The module must not be built again: the folder has no sources.
    let make = ["make", "run", "--old-file=build", "--old-file=envoy"];
    let given = format!("ENVOY=func-e run {ALONE}");
    let checkout = Checkout::new();
    let mut running = checkout.run(&[make.as_slice(), &[&given]].concat());
    running.check_demo();
    running.interrupt();
    let log = checkout.read("log");
    assert!(log.contains("starting: ") && log.contains("curl -si"), "{log}");

    let shown = checkout.command(&[make.as_slice(), &["--dry-run"]].concat()).output().unwrap();
    assert!(text(&shown).contains("exec func-e run -c envoy/envoy.yaml "), "{}", text(&shown));
}

/// Every test that starts an Envoy can run under func-e; this one does, in a process with that `ENVOY`.
#[test]
fn the_tests_run_under_func_e() {
    let checkout = Checkout::new();
    let test = std::env::current_exe().unwrap();
    let mut command = checkout.command(&[test.to_str().unwrap(), "--ignored", "--exact", "an_envoy_starts"]);
    command.env("ENVOY", format!("{} run", stand_in().display())).env_remove("FUNC_E_RUN_ID");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("1 passed"), "{}", text(&output));
    let runs = std::fs::read_dir(checkout.0.join("STATE_HOME/envoy-runs")).unwrap().count();
    assert_eq!(runs, 3, "two Envoys and one that validates");
}

#[test]
#[ignore = "run by the_tests_run_under_func_e"]
fn an_envoy_starts() {
    assert!(envoy::command().last().is_some_and(|word| word == "run"));
    let listener = |origin: &str| {
        let virtual_host = json!({ "name": "none", "domains": ["*"], "routes": [] });
        envoy::listener("api", &json!({ "allow_origins": [origin] }), &[], &virtual_host)
    };
    let envoy = Envoy::start(&envoy::bootstrap(&[listener("https://app.example.com")], &[])).unwrap();
    let response = client::get(envoy.listeners()["api"], "GET", "/", &[("origin", "https://app.example.com")]);
    assert_eq!(response.header("access-control-allow-origin").as_deref(), Some("https://app.example.com"));
    // If Envoy fails to start, that and its log are reported.
    let log = Envoy::start(&envoy::bootstrap(&[listener("https://app.example.com/")], &[])).map(|_| ()).unwrap_err();
    assert!(log.contains("a path is not allowed in an origin"), "{log}");
    envoy::validate(Path::new("envoy/examples/public.yaml")).unwrap();
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The stand-in does what func-e does; otherwise the tests above would mean nothing.
#[test]
fn the_stand_in_finds_envoy_and_refuses_what_func_e_refuses() {
    let checkout = Checkout::new();
    let run = |words: &[&str]| checkout.command(words).output().unwrap();
    assert_eq!(text(&run(&["func-e", "which"])).trim(), envoy_path());
    let version = run(&["func-e", "run", "--version"]);
    assert!(version.status.success() && text(&version).contains("version: "), "{}", text(&version));

    // An installed version, in the folders of either layout.
    for (flags, version_file, versions) in [
        (vec![], "CONFIG_HOME/envoy-version", "DATA_HOME/envoy-versions"),
        (vec!["--home-dir", "home"], "home/version", "home/versions"),
    ] {
        let binary = checkout.0.join(versions).join("1.40.0/bin/envoy");
        for file in [&binary, &checkout.0.join(version_file)] {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        }
        std::os::unix::fs::symlink(envoy_path(), &binary).unwrap();
        std::fs::write(checkout.0.join(version_file), "1.40.0").unwrap();
        let words = [&["func-e"], flags.as_slice(), &["which"]].concat();
        let which = checkout.command(&words).env_remove("ENVOY_PATH").output().unwrap();
        assert_eq!(text(&which).trim(), binary.to_str().unwrap());
    }

    for (words, reason) in [
        (vec!["func-e", "start"], "unknown command \"start\""),
        (vec!["func-e", "--home", "x", "run"], "flag provided but not defined: --home"),
        (vec!["func-e", "--run-id", "a/b", "run"], "runID cannot contain path separators"),
        (vec!["func-e", "--envoy-path", "/nowhere", "run"], "unable to start Envoy process"),
        (vec!["func-e", "run", "-c", "nowhere.yaml"], "error: exit status 1"),
    ] {
        let output = run(&words);
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(text(&output).contains(reason), "{words:?}: {}", text(&output));
    }
}
