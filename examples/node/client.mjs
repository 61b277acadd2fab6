// Lists devices of IBM Quantum, as `qchannel serve` answers: node client.mjs URL API_KEY CRN
import http from "node:http";

const [url, key, crn] = process.argv.slice(2);

function ask(host, path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = http.request(new URL(path, url), { method, headers: { ...headers, host } }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, json: JSON.parse(text) }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const form = new URLSearchParams({ grant_type: "urn:ibm:params:oauth:grant-type:apikey", apikey: key });
const login = await ask("iam.cloud.ibm.com", "/identity/token", {
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: form.toString(),
});
const headers = { authorization: `Bearer ${login.json.access_token}`, "service-crn": crn };
const listed = await ask("quantum.cloud.ibm.com", "/api/v1/backends", { headers });
console.log(JSON.stringify({ login: login.status, status: listed.status, devices: listed.json.devices.length }));
