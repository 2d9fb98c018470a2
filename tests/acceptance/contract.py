"""The contracts in `tests/openapi` without Prism: as much of OpenAPI and JSON Schema as they use, in plain Python.

`test_crm_contract.py` shows that it finds the same requests wrong as Prism does, wherever Prism is.
"""

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

CONTRACTS = Path(__file__).resolve().parents[2] / "tests" / "openapi"
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
         "null": type(None)}
IGNORED = {"description", "format", "title", "summary", "example", "default"}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def is_type(value, name):
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


class Schema:
    """Checks values against schemas of one document; what a schema says that this does not know is an error."""

    def __init__(self, document):
        self.document = document

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.document
            for name in node["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            node = target
        return node

    def problems(self, schema, value, at=""):
        """What is wrong with the value, each with the place of it; empty: nothing."""
        schema = self.resolve(schema)
        if isinstance(schema, bool):
            return [] if schema else [f"{at}: must not be there"]
        found = []
        for word, rule in schema.items():
            if word in IGNORED or word in ("then", "else"):
                continue
            check = getattr(self, "check_" + word, None)
            if check is None:
                raise AssertionError(f"the checker does not know `{word}`")
            found += [f"{at}: {text}" if not text.startswith("/") else at + text
                      for text in check(rule, value, schema)]
        return found

    def holds(self, schema, value):
        return not self.problems(schema, value)

    def within(self, schema, value, step):
        return [text if text.startswith("/") else "/" + text for text in self.problems(schema, value, f"/{step}")]

    # -- words about any value ----------------------------------------------------------------------------------------

    def check_type(self, rule, value, _):
        names = [rule] if isinstance(rule, str) else rule
        return [] if any(is_type(value, name) for name in names) else [f"is no {' or '.join(names)}"]

    def check_enum(self, rule, value, _):
        return [] if any(value == each and type(value) is type(each) for each in rule) else [f"is none of {rule}"]

    def check_const(self, rule, value, _):
        return self.check_enum([rule], value, _)

    def check_allOf(self, rule, value, _):
        return [text for each in rule for text in self.problems(each, value)]

    def check_anyOf(self, rule, value, _):
        return [] if any(self.holds(each, value) for each in rule) else ["fits none of the alternatives"]

    def check_oneOf(self, rule, value, _):
        fits = sum(self.holds(each, value) for each in rule)
        return [] if fits == 1 else [f"fits {fits} of the alternatives"]

    def check_not(self, rule, value, _):
        return ["is what it must not be"] if self.holds(rule, value) else []

    def check_if(self, rule, value, schema):
        return self.problems(schema.get("then" if self.holds(rule, value) else "else", True), value)

    # -- words about one kind of value --------------------------------------------------------------------------------

    def check_required(self, rule, value, _):
        return [f"lacks {name}" for name in rule if name not in value] if isinstance(value, dict) else []

    def check_properties(self, rule, value, _):
        known = [name for name in value if name in rule] if isinstance(value, dict) else []
        return [text for name in known for text in self.within(rule[name], value[name], name)]

    def check_additionalProperties(self, rule, value, schema):
        known = schema.get("properties", {})
        others = [name for name in value if name not in known] if isinstance(value, dict) else []
        return [text for name in others for text in self.within(rule, value[name], name)]

    def check_propertyNames(self, rule, value, _):
        return [text for name in value for text in self.within(rule, name, name)] if isinstance(value, dict) else []

    def check_minProperties(self, rule, value, _):
        return ["is too small"] if isinstance(value, dict) and len(value) < rule else []

    def check_items(self, rule, value, _):
        if not isinstance(value, list):
            return []
        return [text for place, inner in enumerate(value) for text in self.within(rule, inner, place)]

    def check_minItems(self, rule, value, _):
        return ["has too few elements"] if isinstance(value, list) and len(value) < rule else []

    def check_maxItems(self, rule, value, _):
        return ["has too many elements"] if isinstance(value, list) and len(value) > rule else []

    def check_minLength(self, rule, value, _):
        return ["is too short"] if isinstance(value, str) and len(value) < rule else []

    def check_maxLength(self, rule, value, _):
        return ["is too long"] if isinstance(value, str) and len(value) > rule else []

    def check_pattern(self, rule, value, _):
        return [f"does not match {rule}"] if isinstance(value, str) and not re.search(rule, value) else []

    def check_minimum(self, rule, value, _):
        return ["is too small"] if is_type(value, "number") and value < rule else []


class Contract:
    """One vendor's document: whether it allows a request."""

    def __init__(self, vendor):
        self.document = json.loads((CONTRACTS / f"{vendor}.json").read_text("utf-8"))
        self.schema = Schema(self.document)

    def find(self, path):
        """The entry of the path and what stands for its parameters; entries without parameters come first."""
        for template in sorted(self.document["paths"], key=lambda template: template.count("{")):
            names = re.findall(r"\{(\w+)\}", template)
            pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(template))
            if match := re.fullmatch(pattern, path):
                return self.document["paths"][template], dict(zip(names, map(unquote, match.groups())))
        return {}, {}

    def problems(self, method, target, body=None, kind=JSON):
        """What the document has against a request; `body` is a document, the text of a form, or None."""
        parts = urlsplit(target)
        entry, values = self.find(parts.path)
        operation = entry.get(method.lower())
        if operation is None:
            return [f"there is no {method} {parts.path}"]
        found = []
        places = {"path": values, "query": dict(parse_qsl(parts.query, keep_blank_values=True))}
        for parameter in map(self.schema.resolve, [*entry.get("parameters", []), *operation.get("parameters", [])]):
            given = places[parameter["in"]]
            if parameter["name"] in given:
                found += self.schema.problems(parameter["schema"], given[parameter["name"]], parameter["name"])
            elif parameter.get("required"):
                found.append(f"{parameter['name']}: is missing")
        return found + self.body_problems(self.schema.resolve(operation.get("requestBody")), body, kind)

    def body_problems(self, allowed, body, kind):
        if allowed is None:
            return []
        content = allowed["content"].get(kind)
        if content is None:
            return [f"the body is {kind}"]
        if body is None:
            return ["the body is missing"] if allowed.get("required") else []
        value = dict(parse_qsl(body, keep_blank_values=True)) if kind == FORM else body
        return self.schema.problems(content["schema"], value, "body")
