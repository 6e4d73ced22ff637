"""The lab's page "Try a policy" in a browser."""

from urllib.parse import parse_qs

from lab_page import LabPage

MISTAKEN = """{
  "allow_origins": ["https://app.example.com/", "https://b.example"],
  "allow_method": ["PUT"]
}"""
PUBLIC = '{"allow_origins": ["*"]}'


class TryPage(LabPage):
    def __init__(self, browser, envoy, fragment="", **options):
        super().__init__(browser, envoy, path=f"/try.html{fragment}", **options)

    def write(self, document):
        self.page.fill("#document", document)

    def ask(self, **fields):
        for name, value in fields.items():
            field = self.page.locator(f"#request [name={name}]")
            field.select_option(value) if name in ("method", "credentials") else field.fill(value)

    def state(self):
        """What the editor and the form hold."""
        form = self.page.evaluate("Object.fromEntries(new FormData(document.querySelector('#request')))")
        return {"policy": self.page.input_value("#document"), **form}

    def address(self):
        """The address, once it holds the state."""
        state = {name: [value] for name, value in self.state().items() if value}
        self.page.wait_for_url(lambda url: parse_qs(url.partition("#")[2]) == state)
        return self.page.url

    def verdict(self):
        return self.page.text_content("#outcome .verdict")

    def fact(self, step, term):
        """What a step's card says under a term."""
        return self.page.locator(f"[data-step={step}] dt:text-is('{term}') + dd").inner_text()

    def diff(self, state):
        lines = self.page.locator(f"[data-step=request] .diff [data-state={state}] code").all_text_contents()
        return [line.strip() for line in lines]

    def problems(self):
        """The listed problems, each with its line and its path."""
        return [
            (item.locator("button").text_content(), item.locator("code").text_content())
            for item in self.page.locator("#problems li").all()
        ]
