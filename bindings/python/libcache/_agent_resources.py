# SPDX-License-Identifier: LGPL-2.1-or-later
"""Resources of an agent's functions: texts with the arguments of a call in them.

The library puts them together. What is done here is to find the arguments by their names, however a call gives
them.
"""
import enum
import inspect
import os
import string
import uuid
from typing import Any

from gi.repository import GLib

from ._canonical import argument_text
from ._plain import variant_of


class Arguments:
    """The parameters of a function by their names: which of them its resources have, and which do not count.

    ``templates`` is what the library is given, in which each place has a name.
    """

    def __init__(self, function, resources, volatile, skip_args):
        self._signature = inspect.signature(function)
        self._owner = getattr(function, '__name__', repr(function))
        parameters = list(self._signature.parameters.values())
        self._positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][skip_args:]
        self._rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
        self._keywords = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)
        self._named = {p.name for p in parameters} - {self._rest, self._keywords}
        self._places = set()
        self.templates = [self._template(resource) for resource in resources]
        self._volatile = [self._name_of(str(name), 'volatile_args') for name in volatile]

    def _template(self, resource):
        if not isinstance(resource, str):
            raise TypeError(f'a resource is a string, such as "file:{{path}}", not {resource!r}')
        text = ''
        try:
            pieces = list(string.Formatter().parse(resource))
        except ValueError as error:
            raise ValueError(f'the resource {resource!r} is not written as it should be: {error}; to mean the brace '
                             'itself, write it twice') from None
        for literal, field, spec, conversion in pieces:
            text += literal.replace('{', '{{').replace('}', '}}')
            if field is None:
                continue
            if spec or conversion:
                raise ValueError(f'the resource {resource!r} has more than a name between its braces: write {{{field}}}')
            if field:
                name = self._name_of(field, f'the resource {resource!r}')
                self._places.add(name)
                text += f'{{{name}}}'
            else:
                # What is wrong with that the library says.
                text += '{}'
        return text

    def _name_of(self, field, what):
        """The name of an argument, which may be given by its position."""
        if field.isdigit():
            position = int(field)
            if position < len(self._positional):
                return self._positional[position]
            if self._rest is not None:
                return f'{self._rest}[{position - len(self._positional)}]'
            raise ValueError(f'{what} names argument {position} of {self._owner}(), which takes {len(self._positional)}; '
                             'the first one is 0')
        if field in self._named or self._keywords not in (None, field) and field != self._rest:
            return field
        raise ValueError(f'{what} names “{field}”, which is no argument of {self._owner}(): '
                         f'there are {", ".join(sorted(self._named)) or "none"}')

    def places(self, args, kwargs):
        """What is in the places of the resources, as the library takes it."""
        if not self._places:
            return {}
        known = self._known(self._bind(args, kwargs))
        return {name: _variant_of_place(known[name], name) for name in self._places if name in known}

    def counting(self, args, kwargs):
        """The arguments with None in place of those that do not tell one call from another."""
        if not self._volatile:
            return args, kwargs
        bound = self._bind(args, kwargs)
        values = bound.arguments
        rest, keywords = values.get(self._rest, ()), values.get(self._keywords, {})
        for name in self._volatile:
            if name in values:
                values[name] = None
        if rest:
            values[self._rest] = tuple(None if f'{self._rest}[{i}]' in self._volatile else value
                                       for i, value in enumerate(rest))
        if keywords:
            values[self._keywords] = {name: None if name in self._volatile else value for name, value in keywords.items()}
        return bound.args, bound.kwargs

    def _bind(self, args, kwargs):
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound

    def _known(self, bound):
        known = dict(bound.arguments)
        rest, keywords = known.pop(self._rest, ()), known.pop(self._keywords, {})
        known.update((f'{self._rest}[{i}]', value) for i, value in enumerate(rest))
        return {**keywords, **known}


def _variant_of_place(value: Any, name: str) -> GLib.Variant:
    """What the library makes a text of."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    elif isinstance(value, uuid.UUID):
        value = str(value)
    elif isinstance(value, str):
        # Of a class derived from it, too.
        value = str.__str__(value)
    try:
        return variant_of(value)
    except (TypeError, ValueError):
        pass
    try:
        return GLib.Variant.new_string(argument_text(value))
    except TypeError as error:
        raise TypeError(f'“{name}” is in a resource, and {value!r} has no text that is always the same: '
                        'give a number, a text or a path') from error
