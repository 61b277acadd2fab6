import os

import requests

url = "https://auth.quantum-computing.ibm.com/api/users/loginWithToken"
response = requests.post(url, json={"apiToken": os.environ["IQP_API_TOKEN"]}, timeout=60)
access_token = response.json()["id"]
