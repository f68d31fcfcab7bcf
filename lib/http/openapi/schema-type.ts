/** Derives TypeScript types from JSON Schemas that are written as literals: the subset that `schemas.ts` uses. */

type Members<P, R, All> = { readonly [K in keyof P as K extends R ? K : never]: TypeOf<P[K], All> } & {
  readonly [K in keyof P as K extends R ? never : K]?: TypeOf<P[K], All>
}

/** The type that a schema describes; `All` holds the schemas that a `$ref` may name. */
export type TypeOf<S, All> = S extends { $ref: `#/components/schemas/${infer N extends keyof All & string}` }
  ? TypeOf<All[N], All>
  : S extends { allOf: readonly [infer A, infer B] }
    ? TypeOf<A, All> & TypeOf<B, All>
    : S extends { anyOf: readonly (infer O)[] } | { oneOf: readonly (infer O)[] }
      ? O extends unknown
        ? TypeOf<O, All>
        : never
      : S extends { enum: readonly (infer V)[] } | { const: infer V }
        ? V
        : S extends { items: infer I }
          ? readonly TypeOf<I, All>[]
          : S extends { properties: infer P; required: readonly (infer R)[] }
            ? Members<P, R, All>
            : S extends { additionalProperties: infer V }
              ? Readonly<Record<string, TypeOf<V, All>>>
              : S extends { type: infer T extends keyof Primitives }
                ? Primitives[T]
                : unknown

interface Primitives {
  readonly string: string
  readonly integer: number
  readonly number: number
  readonly boolean: boolean
  readonly null: null
}
