/** A value that may be replaced while it is in use, such as keys: its users call `current` each time they need it. */
export interface Current<T> {
  current(): T;
}

export class Replaceable<T> implements Current<T> {
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  current(): T {
    return this.#value;
  }

  replace(value: T): void {
    this.#value = value;
  }
}
