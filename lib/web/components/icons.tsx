/** The icons: strokes on a 16 px grid in the text colour. Never the only label. */
const PATHS = {
  overview: 'M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3.5H9zM9 8.5h4.5v5H9zM2.5 11h4.5v2.5H2.5z',
  jobs: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  queues: 'M2.5 3h11v2.5h-11zM2.5 7h11v2.5h-11zM2.5 11h7v2.5h-7z',
  schedules: 'M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3M5 9.5h2.5',
  dead: 'M8 2.2 14 13H2zM8 6.5v3M8 11.2v.1',
  workers: 'M4.5 4.5h7v7h-7zM6.5 2v2.5M9.5 2v2.5M6.5 11.5V14M9.5 11.5V14M2 6.5h2.5M2 9.5h2.5M11.5 6.5H14M11.5 9.5H14',
  events: 'M1.5 8.5h3l2-5.5 3 10 2-4.5h3',
  config: 'M2 5h5.5M11 5h3M2 11h2.5M8 11h6M9.2 3.2v3.6M6.2 9.2v3.6',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3 14 14',
  plus: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  retry: 'M3 8a5 5 0 1 0 1.6-3.7L3 5.8M3 2.8v3h3',
  cancel: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4',
  hold: 'M5.5 3.5v9M10.5 3.5v9',
  release: 'M5 3.2 12.5 8 5 12.8z',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  bin: 'M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4',
  next: 'M6 3.5 10.5 8 6 12.5',
  back: 'M10 3.5 5.5 8l4.5 4.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  check: 'M3 8.5 6.5 12 13 4.5',
  system: 'M2 3h12v8H2zM6 13.5h4M8 11v2.5',
  light:
    'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  dark: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z',
  keyboard: 'M1.5 4h13v8h-13zM4 6.5v.1M6.7 6.5v.1M9.3 6.5v.1M12 6.5v.1M5 9.5h6',
  download: 'M8 2.5v8M4.5 7.2 8 10.5l3.5-3.3M3 13.5h10',
  full: 'M2.5 6v-3.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2 1.3',
  fold: 'M3 3h10M3 13h10M5.5 6.5 8 9l2.5-2.5',
  up: 'M3.5 10 8 5.5 12.5 10',
  edit: 'M3 13l.6-2.8L11 2.8l2.2 2.2-7.4 7.4z',
  sort: 'M5 13V3M2.5 5.5 5 3l2.5 2.5M11 3v10M8.5 10.5 11 13l2.5-2.5',
  wrap: 'M2.5 4h11M2.5 8h8.7a2 2 0 0 1 0 4.2H8.5M10 10.5 8.3 12.2 10 13.9M2.5 12h3',
} as const
export type IconName = keyof typeof PATHS

export const Icon = ({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) => (
  <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
)
