/** How addresses are written. Pure. */

/** An address with a query; what is empty or undefined is left out. */
export function address(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') params.set(name, value)
  const text = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':')
  return text === '' ? path : `${path}?${text}`
}

export const jobPath = (id: string): string => `/jobs/${encodeURIComponent(id)}`
