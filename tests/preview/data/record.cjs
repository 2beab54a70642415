// Asks Grafana's own library (npm package @grafana/data) what it makes of the cases in cases.json.
//
//   npm install @grafana/data@13.2.3 react react-dom jsdom     (and 7.5.17 with react@16)
//   TZ=UTC node record.cjs cases.json grafana-13.2.3.json
//
// What it says is kept in grafana-13.2.3.json and grafana-7.5.17.json; test_recorded.py compares.
const fs = require('fs');
const { JSDOM } = require('jsdom');

const page = new JSDOM('<html></html>', { url: 'http://localhost' });
global.window = page.window;
global.document = page.window.document;
global.localStorage = page.window.localStorage;
Object.defineProperty(global, 'navigator', { value: page.window.navigator, configurable: true });

const g = require('@grafana/data');
const [, , casesFile, outFile] = process.argv;
const cases = JSON.parse(fs.readFileSync(casesFile));
Date.now = () => cases.now;
const modern = typeof g.createTheme === 'function';
const theme = modern ? g.createTheme({ colors: { mode: 'dark' } }) : undefined;

// Grafana's front end fills these two registries; the options that cases use are enough here.
const numbers = (field) => !field || field.type === 'number' || field.type === 'other';
const option = (id, shouldApply = () => true) => ({
  id, path: id, name: id, process: (value) => value, shouldApply, override: null, editor: null,
});
g.standardFieldConfigEditorRegistry.setInit(() => [
  option('unit'), option('min', numbers), option('max', numbers), option('decimals', numbers),
  option('displayName'), option('noValue'), option('color'), option('links'), option('mappings'),
  option('thresholds'),
]);
g.standardTransformersRegistry.setInit(() => {
  const byId = {};
  Object.values(g.standardTransformers).forEach((one) => { byId[one.id] = one; });
  return Object.values(byId).map((one) => ({
    id: one.id, name: one.name, transformation: modern ? () => one : one, editor: null,
  }));
});

// The part of Grafana's template service that names of values use.
function replaceVariables(text, scoped) {
  if (!text) { return text; }
  const context = scoped && scoped.__dataContext && scoped.__dataContext.value;
  return text
    .replace(/\$\{__cell_(\d+)\}/g, (whole, at) => (scoped && scoped[`__cell_${at}`] ? scoped[`__cell_${at}`].text : whole))
    .replace(/\$\{__data\.fields\[(\d+)\]\}/g, (whole, at) =>
      (context ? String(context.frame.fields[+at].values[context.rowIndex]) : whole))
    .replace(/\$\{__field\.displayName\}/g, (whole) =>
      (scoped && scoped.__field ? scoped.__field.value.displayName : whole))
    .replace(/\$\{__calc\}/g, () => scoped.__calc.text);
}

const listed = (values) => Array.from(values.toArray ? values.toArray() : values)
  .map((value) => (value === undefined || Number.isNaN(value) ? null : value));
const text = (shown) => `${shown.prefix || ''}${shown.text}${shown.suffix || ''}`;

async function observe(one) {
  const frames = one.frames.map((frame) => g.toDataFrame({
    refId: frame.refId, name: frame.name,
    fields: frame.fields.map((field) => ({
      name: field.name, type: field.type, config: field.config || {}, labels: field.labels, values: field.values,
    })),
  }));
  const transformed = await new Promise((done, fail) => {
    g.transformDataFrame(one.transformations || [], frames).subscribe({ next: done, error: fail });
  });
  const fieldConfig = { defaults: {}, overrides: [], ...JSON.parse(JSON.stringify(one.fieldConfig || {})) };
  if (fieldConfig.defaults.thresholds) {
    fieldConfig.defaults.thresholds.steps.forEach((step) => { if (step.value === null) { step.value = -Infinity; } });
  }
  const data = g.applyFieldOverrides({ data: transformed, fieldConfig, replaceVariables, theme, timeZone: 'utc' });
  const seen = {
    frames: data.map((frame) => frame.fields.map((field) => ({
      name: g.getFieldDisplayName(field, frame, data),
      values: listed(field.values),
      shown: listed(field.values).map((value) => text(field.display(value))),
      colours: listed(field.values).map((value) => (field.display(value).color || '').toLowerCase()),
    }))),
  };
  if (one.reduceOptions) {
    seen.values = g.getFieldDisplayValues({
      data, reduceOptions: one.reduceOptions, fieldConfig, replaceVariables, theme, timeZone: 'utc',
    }).map((value) => ({
      title: value.display.title || '', text: text(value.display), colour: (value.display.color || '').toLowerCase(),
    }));
  }
  return seen;
}

(async () => {
  const version = modern ? '13' : '7.5';
  const recorded = {};
  for (const one of cases.cases) {
    if (!one.only || one.only === version) { recorded[one.name] = await observe(one); }
  }
  const units = cases.units.flatMap((unit) => cases.numbers.flatMap((number) => cases.decimals.map((decimals) => {
    const made = g.getValueFormat(unit)(number, decimals === null ? undefined : decimals, null, 'utc', false);
    return [unit, number, decimals, text({ text: made.text, prefix: made.prefix, suffix: made.suffix })];
  })));
  const ago = cases.distances.map((distance) => [distance, g.dateTimeFormatTimeAgo(cases.now - distance)]);
  const rounded = cases.intervals.map((interval) => [interval, g.rangeUtil.roundInterval(interval)]);
  const calculated = cases.ranges.map(([range, points, lowest]) => [range, points, lowest, g.rangeUtil.calculateInterval(
    { from: g.dateTime(0), to: g.dateTime(range), raw: {} }, points, lowest === null ? undefined : lowest).intervalMs]);
  fs.writeFileSync(outFile, `${JSON.stringify({ recorded, units, ago, rounded, calculated })}\n`);
})();
