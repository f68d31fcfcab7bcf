/** Builds addresses. Pure. */

/** A path with a query; empty and undefined values are left out. */
export function urlWithQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') params.set(name, value)
  const text = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':')
  return text === '' ? path : `${path}?${text}`
}

export const jobUrl = (id: string): string => `/jobs/${encodeURIComponent(id)}`
