// Numbers that the same seeds give again everywhere: a Weyl sequence through the finaliser of MurmurHash3.
export class Random {
    #state;

    // One generator for each machine of a run: a machine can then be made again without those before it.
    constructor(seed, index) {
        this.#state = mix(mix(seed >>> 0) ^ index);
    }

    bits() {
        this.#state = (this.#state + 0x9e3779b9) | 0;
        return mix(this.#state);
    }

    // A whole number below `count`.
    below(count) {
        return this.bits() % count;
    }

    // From `least` to `most`, both included.
    between(least, most) {
        return least + this.below(most - least + 1);
    }

    chance(probability) {
        return this.bits() < probability * 0x100000000;
    }

    pick(list) {
        return list[this.below(list.length)];
    }

    // A value of [[weight, value], ...].
    weighted(choices) {
        let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
        for (const [weight, value] of choices) {
            if (left < weight) return value;
            left -= weight;
        }
        throw new Error('no weights');
    }
}

function mix(bits) {
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return (bits ^ (bits >>> 16)) >>> 0;
}
