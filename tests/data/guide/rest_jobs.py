import os

import requests

url = "https://api.quantum-computing.ibm.com/runtime/jobs?limit=10&offset=0&exclude_params=true"
headers = {"Accept": "application/json", "Authorization": "Bearer " + os.environ["IQP_API_TOKEN"]}
response = requests.request("GET", url, headers=headers, data="", timeout=60)
jobs = response.json()
