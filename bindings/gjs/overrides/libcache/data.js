// SPDX-License-Identifier: LGPL-2.1-or-later
/* exported isText, isPlainInteger, pack, unpack */

// Plain data of JavaScript as a variant, and back: what keys are made of, and what a tier keeps.
//
// What GVariant has as well becomes that. What only JavaScript has becomes a tuple that begins with
// the name of its type, which nothing else of JavaScript does: its arrays never become tuples.

const {GLib} = imports.gi;

const {Variant, VariantType} = GLib;

const MAX_DEPTH = 32;

const INT64_MIN = -(2n ** 63n), INT64_MAX = 2n ** 63n - 1n, UINT64_MAX = 2n ** 64n - 1n;

// What UTF-8 in C cannot have in it: zeros, and halves of surrogate pairs.
const NO_TEXT = /[\0\ud800-\udfff]/u;

const ANY = new VariantType('v');
const PAIR = new VariantType('(vv)');
const CODE_UNIT = new VariantType('q');

/**
 * Whether C can have a string as it is.
 *
 * @param {string} string - a string
 * @returns {boolean} whether it can
 */
function isText(string) {
  return !NO_TEXT.test(string);
}

/**
 * Whether a number is kept as an integer, which -0 and what is rounded are not.
 *
 * @param {number} number - a number
 * @returns {boolean} whether it is
 */
function isPlainInteger(number) {
  return Number.isSafeInteger(number) && !Object.is(number, -0);
}

// --- to a variant ---

function tagged(name, variant) {
  return Variant.new_tuple([Variant.new_string(`js:${name}`), variant]);
}

function packNumber(number) {
  return isPlainInteger(number) ? Variant.new_int64(number) : Variant.new_double(number);
}

// One that a number can be as well is another value than the number.
function packBigInt(number) {
  if (Number.isSafeInteger(Number(number)) || number < INT64_MIN || number > UINT64_MAX)
    return tagged('BigInt', Variant.new_string(String(number)));

  const type = number > INT64_MAX ? 't' : 'x';
  return Variant.parse(new VariantType(type), String(number), null, null);
}

function packString(string) {
  if (isText(string))
    return Variant.new_string(string);

  const units = Array.from({length: string.length}, (_, i) => Variant.new_uint16(string.charCodeAt(i)));
  return tagged('String', Variant.new_array(CODE_UNIT, units));
}

// The type that all have, or null.
function commonType(variants) {
  const types = new Set(variants.map(variant => variant.get_type_string()));
  return types.size === 1 ? types.values().next().value : null;
}

function boxed(variants) {
  return variants.map(variant => Variant.new_variant(variant));
}

function packItems(variants) {
  const common = commonType(variants);
  return common !== null
    ? Variant.new_array(new VariantType(common), variants)
    : Variant.new_array(ANY, boxed(variants));
}

class Packer {
  /**
   * @param {Function} [textOf] - gives the text by which what has no order is sorted; without it,
   *   the order is kept
   */
  constructor(textOf = null) {
    this._textOf = textOf;
    this._path = [];      // the objects around the one that is packed
    this._steps = [];     // how one gets there
  }

  pack(value) {
    switch (typeof value) {
    case 'undefined':
      return tagged('undefined', Variant.new_tuple([]));
    case 'boolean':
      return Variant.new_boolean(value);
    case 'number':
      return packNumber(value);
    case 'bigint':
      return packBigInt(value);
    case 'string':
      return packString(value);
    case 'object':
      return value !== null ? this._packObject(value) : Variant.new_maybe(ANY, null);
    default:
      throw this._error(`a ${typeof value}`);
    }
  }

  _packObject(object) {
    if (object instanceof Variant)
      return this._textOf !== null ? object : tagged('Variant', Variant.new_variant(object));
    if (object instanceof Uint8Array)
      return Variant.new_from_bytes(new VariantType('ay'), new GLib.Bytes(object), true);
    if (object instanceof Date)
      return tagged('Date', packNumber(object.getTime()));
    if (this._path.includes(object))
      throw new TypeError(`${this._where()} is an object that contains itself`);
    if (this._path.length === MAX_DEPTH)
      throw new RangeError(`${this._where()} is nested more than ${MAX_DEPTH} deep`);

    this._path.push(object);
    try {
      if (Array.isArray(object))
        return packItems(Array.from(object, (item, i) => this._packPart(item, i)));
      if (object instanceof Map)
        return this._packEntries('Map', [...object]);
      if (object instanceof Set)
        return tagged('Set', Variant.new_array(ANY, this._inOrder(boxed(this._packAll([...object])))));
      return this._packPlainObject(object);
    } finally {
      this._path.pop();
    }
  }

  _packPart(value, step) {
    this._steps.push(step);
    const variant = this.pack(value);
    this._steps.pop();
    return variant;
  }

  _packAll(values) {
    return values.map((value, i) => this._packPart(value, i));
  }

  _packPlainObject(object) {
    const prototype = Object.getPrototypeOf(object);
    if (prototype !== Object.prototype && prototype !== null)
      throw this._error(`an object of the class ${object.constructor?.name ?? '?'}`);
    if (Object.getOwnPropertySymbols(object).length > 0)
      throw this._error('an object with a symbol for a name');

    const names = Object.keys(object);
    if (!names.every(isText))
      return this._packEntries('Object', Object.entries(object));

    const values = names.map(name => this._packPart(object[name], name));
    const common = commonType(values);
    const items = common !== null ? values : boxed(values);
    return Variant.new_array(new VariantType(`{s${common ?? 'v'}}`),
      names.map((name, i) => Variant.new_dict_entry(Variant.new_string(name), items[i])));
  }

  _packEntries(name, entries) {
    const pairs = entries.map(entry => Variant.new_tuple(boxed(this._packAll(entry))));
    return tagged(name, Variant.new_array(PAIR, this._inOrder(pairs)));
  }

  _inOrder(variants) {
    if (this._textOf === null)
      return variants;

    return variants
      .map(variant => ({variant, text: this._textOf(variant)}))
      .sort((a, b) => a.text < b.text ? -1 : Number(a.text > b.text))
      .map(({variant}) => variant);
  }

  _where() {
    return this._steps.length > 0 ? `what is at ${this._steps.join('.')}` : 'it';
  }

  _error(what) {
    return new TypeError(`${this._where()} is ${what}, which is no plain data: that is booleans, numbers, ` +
      'strings, null, arrays, plain objects, Map, Set, Date, BigInt and Uint8Array');
  }
}

/**
 * Makes a variant of plain data.
 *
 * @param {any} value - plain data
 * @param {Function} [textOf] - gives the text of a variant, for a key: what has no order is sorted by it,
 *   and a variant stands for itself; without it, the variant can be unpacked again
 * @returns {GLib.Variant} the variant
 * @throws {TypeError} for what is no plain data, or contains itself
 * @throws {RangeError} for what is nested too deep
 */
function pack(value, textOf = null) {
  return new Packer(textOf).pack(value);
}

// --- from a variant ---

function childrenOf(variant) {
  return Array.from({length: variant.n_children()}, (_, i) => variant.get_child_value(i));
}

function pairsOf(variant) {
  return childrenOf(variant).map(pair => childrenOf(pair).map(unpack));
}

const TAGGED = {
  'js:undefined': () => undefined,
  'js:BigInt': variant => BigInt(variant.get_string()[0]),
  'js:String': variant => childrenOf(variant).map(unit => String.fromCharCode(unit.get_uint16())).join(''),
  'js:Variant': variant => variant.get_variant(),
  'js:Date': variant => new Date(unpack(variant)),
  'js:Map': variant => new Map(pairsOf(variant)),
  'js:Set': variant => new Set(childrenOf(variant).map(unpack)),
  'js:Object': variant => Object.fromEntries(pairsOf(variant)),
};

// What was packed has one of these types; anything else with such a name was made by somebody else.
const TAGGED_TYPES = {
  'js:undefined': '(s())',
  'js:BigInt': '(ss)',
  'js:String': '(saq)',
  'js:Variant': '(sv)',
  'js:Date': '(s?)',
  'js:Map': '(sa(vv))',
  'js:Set': '(sav)',
  'js:Object': '(sa(vv))',
};

function unpackTuple(variant) {
  const children = childrenOf(variant);
  const name = children[0]?.is_of_type(new VariantType('s')) ? children[0].get_string()[0] : '';

  if (Object.hasOwn(TAGGED, name) && variant.is_of_type(new VariantType(TAGGED_TYPES[name]))) {
    try {
      return TAGGED[name](children[1]);
    } catch (e) {
      // Such as a BigInt without digits: it is what it seems, a tuple.
    }
  }
  return children.map(unpack);
}

function unpackInteger(variant, number) {
  return Number.isSafeInteger(number) ? number : BigInt(variant.print(false));
}

/**
 * Makes plain data of a variant, whoever made it.
 *
 * @param {GLib.Variant} variant - a variant
 * @returns {any} the data: dictionaries are objects, arrays and tuples are arrays, bytes are a Uint8Array, and
 *   integers that a number would round are a BigInt
 */
function unpack(variant) {
  const type = variant.get_type_string();

  switch (type) {
  case 'b':
    return variant.get_boolean();
  case 's':
  case 'o':
  case 'g':
    return variant.get_string()[0];
  case 'd':
    return variant.get_double();
  case 'x':
  case 't':
    return unpackInteger(variant, Number(variant.print(false)));
  case 'v':
    return unpack(variant.get_variant());
  case 'ay':
    return variant.get_data_as_bytes().toArray();
  default:
  }

  switch (type[0]) {
  case 'a':
    return type[1] === '{' ? unpackDictionary(variant, type[2] === 's') : childrenOf(variant).map(unpack);
  case '(':
  case '{':
    return unpackTuple(variant);
  case 'm': {
    const inner = variant.get_maybe();
    return inner !== null ? unpack(inner) : null;
  }
  default:
    return Number(variant.print(false));
  }
}

// With names that are no strings it is a Map.
function unpackDictionary(variant, isObject) {
  return isObject ? Object.fromEntries(pairsOf(variant)) : new Map(pairsOf(variant));
}
