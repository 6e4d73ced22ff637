"""The module in the lab's page "Try a policy": the page cannot say anything else than Envoy and the browser do."""

import http.client
import json
import re

import corpus
import pytest
from envoy_process import REPOSITORY
from lab_fixtures import chromium, envoy  # noqa: F401
from lab_page import LabPage
from try_page import TryPage


def test_the_page_gets_the_very_module_that_envoy_has(envoy):
    connection = http.client.HTTPConnection("127.0.0.1", envoy.ports["8000"], timeout=5)
    connection.request("GET", "/envoy-cors.wasm", headers={"host": envoy.lab.removeprefix("http://")})
    answer = connection.getresponse()
    assert answer.status == 200 and answer.headers["content-type"] == "application/wasm"
    assert answer.read() == (REPOSITORY / "dist/envoy-cors.wasm").read_bytes()
    connection.close()


RUN_CORPUS = """async (groups) => {
  const { Host, compile } = await import("/host.js");
  const host = new Host(await compile("/envoy-cors.wasm"));
  return groups.map(({ config, cases }) => ({
    accepted: host.configure(JSON.stringify(config)).accepted,
    exchanges: cases.map((one) => host.exchange(one)),
  }));
}"""


def test_every_case_of_the_corpus_comes_out_of_the_page(chromium, envoy):
    groups = corpus.load()
    assert len(groups) > 50 and sum(len(group["cases"]) for group in groups) > 500
    with TryPage(chromium, envoy) as lab:
        ran = lab.page.evaluate(RUN_CORPUS, groups)
    failures = []
    for group, outcome in zip(groups, ran, strict=True):
        assert outcome["accepted"], group["name"]
        for case, exchange in zip(group["cases"], outcome["exchanges"], strict=True):
            if (seen := corpus.seen(exchange)) != case["expected"]:
                failures.append(f"{group['name']}: {case['name']}\n  expected {case['expected']}\n  seen     {seen}")
    assert not failures, f"{len(failures)} cases failed:\n" + "\n".join(failures)


FIND_PROBLEMS = """async (documents) => {
  const { Host, compile } = await import("/host.js");
  const { problemsIn } = await import("/messages.js");
  const host = new Host(await compile("/envoy-cors.wasm"));
  return documents.map((text) => problemsIn(host.configure(text).log, text));
}"""


def test_every_refused_document_is_refused_in_the_modules_words(chromium, envoy):
    refused = json.loads((REPOSITORY / "tests/documents/refused.json").read_text())["refused"]
    refused = [one for one in refused if "document" in one]
    assert len(refused) > 50
    with TryPage(chromium, envoy) as lab:
        found = lab.page.evaluate(FIND_PROBLEMS, [one["document"] for one in refused])
    for one, problems in zip(refused, found, strict=True):
        document = one["document"].encode("utf-16-le")
        assert sorted(f"{problem['path']}: {problem['text']}" for problem in problems) == sorted(one["problems"])
        for problem in problems:
            assert 0 <= problem["start"] <= problem["end"] <= len(document) // 2, problem
            # What is marked holds what the problem is about: the item, or the member with its key.
            marked = document[2 * problem["start"] : 2 * problem["end"]].decode("utf-16-le")
            key = re.search(r"\.?([^.\[\]]+)$", problem["path"])
            if key and (problem["text"].startswith("missing") or json.dumps(key[1]) not in one["document"]):
                # The document itself, or what a member is missing from.
                assert marked in ("", "{") or problem["path"] == "configuration", problem
            elif key:
                assert marked.startswith(json.dumps(key[1], ensure_ascii=False)), problem
            elif problem["path"].endswith("]"):
                quoted = re.match(r'("(?:[^"\\]|\\.)*"|[^:]+): ', problem["text"])[1]
                assert marked[0] == quoted[0], problem


# What a browser does, as the lab shows it with a real Envoy and a real network, and as the page says it.
SAY_SCENARIOS = """async (origins) => {
  const { Host, compile } = await import("/host.js");
  const { send } = await import("/browser.js");
  const { GROUPS } = await import("/scenarios.js");
  const { readPolicy } = await import("/policy.js");
  const host = new Host(await compile("/envoy-cors.wasm"));
  host.configure(await readPolicy());
  const said = {};
  for (const { id, steps } of GROUPS.flatMap(({ scenarios }) => scenarios)) {
    const [{ from = "page", method = "GET", path, headers = {}, credentials = "same-origin", mode = "cors" }] = steps;
    if (steps.length > 1 || mode !== "cors") continue;
    const request = { origin: origins[from], method, url: new URL(path, origins.api), headers, credentials };
    const result = send({ ...request, response: [[":status", "200"]] }, (sent, upstream) =>
      host.exchange({ request: sent, upstream }));
    said[id] = [result.failure ? "refused" : "readable", result.preflight ? "preflight sent" : "no preflight"];
  }
  return said;
}"""


@pytest.mark.parametrize("side", ["allowed", "unnamed"])
def test_what_the_page_says_is_what_the_browser_does(chromium, envoy, side):
    page = envoy.lab if side == "allowed" else envoy.unnamed
    with TryPage(chromium, envoy) as lab:
        origins = {"api": envoy.api, "page": page, "unnamed": envoy.unnamed, "sandbox": "null"}
        said = lab.page.evaluate(SAY_SCENARIOS, origins)
    with LabPage(chromium, envoy, side) as lab:
        lab.run_all()
        done = {
            id: [lab.page.get_attribute(f"#{id}", "data-outcome"), lab.page.text_content(f"#{id} .preflight")]
            for id in said
        }
    assert said == done and len(said) > 20


TYPE = """async (times) => {
  const { Host, compile } = await import("/host.js");
  const host = new Host(await compile("/envoy-cors.wasm"));
  const bytes = [];
  for (let time = 0; time < times; time += 1) {
    const text = `{"allow_origins": ["https://a${time}.example", "https://*.example.com"]${time % 3 ? "}" : ""}`;
    host.configure(text);
    const request = [[":method", "GET"], [":path", "/"], [":authority", "a"], ["origin", `https://a${time}.example`]];
    host.exchange({ request, upstream: [[":status", "200"]] });
    bytes.push(host.memoryBytes);
  }
  return [bytes[20], bytes.at(-1)];
}"""


def test_typing_leaves_nothing_behind_in_the_module(chromium, envoy):
    with TryPage(chromium, envoy) as lab:
        soon, late = lab.page.evaluate(TYPE, 3000)
        assert soon == late
