// Values in parameters, as statemachine/value.hpp and statemachine/text_template.hpp give them a meaning.

// An event or action cannot be run as the document asks; a step of the C++ interpreter would fail.
export class BadValue extends Error {}

// `undefined` is how XState's assign can take a member away; to us it is a value that is not there.
export function orNull(value) {
    return value === undefined ? null : value;
}

export function tokens(pointer) {
    return pointer
        .split('/')
        .slice(1)
        .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

// What stands at a JSON Pointer below {context, event}; null when there is nothing.
export function read(pointer, scope) {
    let value = scope;
    for (const token of tokens(pointer)) {
        if (value === null || typeof value !== 'object' || !Object.hasOwn(value, token)) return null;
        value = orNull(value[token]);
    }
    return value;
}

export function evaluate(form, scope) {
    if (typeof form === 'string') return form.includes('{{') ? render(form, scope) : form;
    if (form === null || typeof form !== 'object') return form;
    if (Array.isArray(form)) return form.map(element => evaluate(element, scope));
    const names = Object.keys(form);
    if (names.length === 1 && names[0] === 'from') return read(form.from, scope);
    if (names.length === 1 && names[0] === 'literal') return form.literal;
    return Object.fromEntries(names.map(name => [name, evaluate(form[name], scope)]));
}

// Templates without filters: those belong to text_template_test.cpp, XState knows nothing of them.
function render(template, scope) {
    return template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_, path) =>
        textOf(read('/' + path.replaceAll('.', '/'), scope))
    );
}

function textOf(value) {
    if (value === null) return '';
    if (typeof value === 'string') return value;
    if (Array.isArray(value)) return value.map(textOf).join(', ');
    return JSON.stringify(canonical(value));
}

// Members in the order of their names, as the C++ side writes every object; what is undefined is left out.
export function canonical(value) {
    if (Array.isArray(value)) return value.map(element => canonical(orNull(element)));
    if (value === null || typeof value !== 'object') return value;
    const names = Object.keys(value)
        .filter(name => value[name] !== undefined)
        .sort();
    return Object.fromEntries(names.map(name => [name, canonical(value[name])]));
}

export function same(a, b) {
    return JSON.stringify(canonical(orNull(a))) === JSON.stringify(canonical(orNull(b)));
}

// A copy of `whole` with another value at the path; objects are made on the way where there is nothing.
export function withValue(whole, [token, ...rest], value) {
    if (Array.isArray(whole)) {
        const copy = [...whole];
        const index = token === '-' ? copy.length : Number(token);
        if (!(index <= copy.length)) throw new BadValue(`no place for a value at ${token}`);
        copy[index] = rest.length ? withValue(copy[index], rest, value) : value;
        return copy;
    }
    if (orNull(whole) !== null && typeof whole !== 'object') throw new BadValue(`no members at ${token}`);
    return { ...whole, [token]: rest.length ? withValue(whole?.[token], rest, value) : value };
}

// A copy of `whole` without what is at the path. XState's assign merges what it is given into the context, so a
// member of the context itself becomes undefined instead of going away.
export function withoutValue(whole, [token, ...rest], isContext = true) {
    if (whole === null || typeof whole !== 'object' || !Object.hasOwn(whole, token)) return whole;
    if (rest.length) {
        const copy = Array.isArray(whole) ? [...whole] : { ...whole };
        copy[token] = withoutValue(whole[token], rest, false);
        return copy;
    }
    if (Array.isArray(whole)) return whole.toSpliced(Number(token), 1);
    const copy = { ...whole, [token]: undefined };
    if (!isContext) delete copy[token];
    return copy;
}
